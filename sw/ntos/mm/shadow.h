// Physical pages behind memory that is not the machine's: images of drivers, stacks of threads.
#pragma once

#include <cstdint>

namespace p2p::mm {

/// The physical page of an address in kernel mode. For memory that is not the machine's it is a shadow, the same as
/// long as the kernel lives: the CPU goes on using the original, a device sees the shadow, and mapping for DMA copies
/// between them. False if nothing is at the address, or without a free page.
bool page_of(const void* address, std::uint64_t* physical_page);
/// Is there any memory at the address?
bool is_memory(const void* address);
/// What the CPU uses of a physical page: the page itself, or the original of a shadow.
void* cpu_view(std::uint64_t physical_page);

}  // namespace p2p::mm
