// Special pool: each block at the end of pages of its own, before a page that nobody may touch. Freed pages cannot be
// touched either, and wait long before they are used again. Paged blocks come and go with the IRQL.
#pragma once

#include <cstddef>
#include <cstdint>

namespace p2p::ex {

/// `bytes` of special pool, filled with `fill`, aligned to 16 bytes, to a page from 4 KiB on. nullptr if pages, or the
/// host's mappings, are short: the ordinary pool may still have some.
void* special_pool_allocate(std::size_t bytes, bool paged, std::uint8_t fill);
/// A block of special_pool_allocate(), checked: bytes beside it that were written are bug check 0xC1/0x23, 0x24 or
/// 0x32.
void special_pool_free(void* block);
/// Gives every freed page back to the machine; true if there was one.
bool special_pool_trim();

enum class PoolSpot : std::uint8_t {
  kElsewhere,  ///< no special pool
  kLive,       ///< pages of a block
  kBehind,     ///< the page behind them
  kFreed       ///< either of a block that was freed
};
/// What of special pool an address lies in, and the block's beginning and size.
PoolSpot special_pool_spot(const void* address, const void** block = nullptr, std::size_t* bytes = nullptr);

/// For the fault handler: makes the paged block at the address accessible if the IRQL allows it. True if it did.
bool special_pool_admit(const void* address);
/// The same for a fault that is no thread's: a device, whose access cannot fail. Pool that was freed under it ends the
/// run with bug check 0xC6.
bool special_pool_touched_by_device(const void* address);

/// Locked pages stay accessible at any IRQL; counted.
void special_pool_lock(const void* address, std::size_t bytes, bool lock);

}  // namespace p2p::ex
