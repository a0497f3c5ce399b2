// Pool memory, cut from pages of simulated host memory so that DMA can reach it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace p2p::ex {

/// Zeroed if asked, else filled with a pattern; nullptr when simulated memory is exhausted. Aligned to 16 bytes, to a
/// page from 4 KiB on. `caller` is a code address of the module the block is charged to.
void* pool_allocate(std::size_t bytes, std::uint32_t tag, bool zero, bool paged = false, const void* caller = nullptr);
/// Bad pointers, double frees and overruns are bug checks 0xC2 and 0x19, under the Verifier 0xC1 and 0xC4; `check_tag`
/// compares `tag` if it is not 0.
void pool_free(void* block, std::uint32_t tag, bool check_tag);

/// The block `address` lies in; nullptr if none. Its size as asked for.
const void* pool_block_of(const void* address, std::size_t* bytes);
bool pool_is_paged(const void* address);

struct PoolUse {
  std::uint64_t blocks = 0, bytes = 0, paged_bytes = 0;
  std::uint32_t first_tag = 0;  ///< tag of the oldest block that is left
};
/// What the module that holds `code` (a driver's entry point) has allocated and not freed. Nothing if that module is
/// the kernel's own: blocks of drivers linked into the program cannot be told apart.
PoolUse pool_use_of(const void* code);
/// At unload, under the Verifier: what is left is bug check 0xC4/0x62, or 0x60 for a driver that failed to load.
void check_pool_at_unload(const void* code, std::string_view driver, bool never_loaded = false);

}  // namespace p2p::ex
