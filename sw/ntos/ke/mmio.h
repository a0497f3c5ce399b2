// Which kernel virtual addresses are device registers: filled by MmMapIoSpace, asked by READ/WRITE_REGISTER_*.
#pragma once

#include <cstddef>
#include <cstdint>

namespace p2p::ke {

void mmio_add_range(const void* base, std::size_t bytes, std::uint64_t physical);
/// False if no range begins at `base`.
bool mmio_remove_range(const void* base);
bool mmio_translate(const volatile void* address, std::uint64_t* physical);

/// One bus access of 1, 2, 4 or 8 bytes, which takes the time the bus needs and CostModel::mmio_issue; a preemption
/// point before and after. An address that is no register of a mapping is bug check 0xD1.
std::uint64_t register_read(const volatile void* address, unsigned bytes);
void register_write(volatile void* address, unsigned bytes, std::uint64_t value);

}  // namespace p2p::ke
