// Which kernel virtual addresses are device registers: filled by MmMapIoSpace, asked by READ/WRITE_REGISTER_*.
#pragma once

#include <cstddef>
#include <cstdint>

namespace p2p::ke {

void mmio_add_range(const void* base, std::size_t bytes, std::uint64_t physical);
/// False if no range begins at `base`.
bool mmio_remove_range(const void* base);
bool mmio_translate(const volatile void* address, std::uint64_t* physical);

}  // namespace p2p::ke
