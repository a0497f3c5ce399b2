// Pool memory, cut from pages of simulated host memory so that DMA can reach it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace p2p::ex {

/// Zeroed if asked; nullptr when simulated memory is exhausted. Aligned to 16 bytes, to a page from 4 KiB on.
void* pool_allocate(std::size_t bytes, std::uint32_t tag, bool zero);
/// Bad pointers, double frees and overruns are bug checks 0xC2 and 0x19.
void pool_free(void* block, std::uint32_t tag, bool check_tag);

}  // namespace p2p::ex
