// The pool. Under the Verifier special pool, as long as there are pages for it; else size classes in single pages,
// whole pages from 4 KiB on, with guard bytes around every block.
#include "sw/ntos/ex/pool.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ex/lookaside.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/ex/pool_tracking.h"
#include "sw/ntos/ex/resource.h"
#include "sw/ntos/ex/special_pool.h"
#include "sw/ntos/ex/unload.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::ex {

namespace {
constexpr std::size_t kGuardBytes = kTrackingBytes;
constexpr std::uint8_t kGuard = 0xFD, kFresh = 0xCD, kFreed = 0xDD;
constexpr std::size_t kSmallest = 64, kLargestSmall = 2048;

struct Block {
  std::size_t bytes;     // asked for
  std::size_t capacity;  // of the size class, or whole pages
  std::uint32_t tag;
  bool paged;
  std::uint64_t order;  // of allocation
  const void* owner;    // module charged
  bool special = false;
  bool tracked = false;  // under the Verifier, without special pool
  std::size_t blocks_alive = 0;
};
struct Freed {
  std::uint32_t tag;
  bool paged;
};

struct Pool {
  std::map<std::uintptr_t, Block> blocks;                  // live ones, by what the caller got
  std::map<std::size_t, std::vector<std::uint8_t*>> free;  // by capacity
  std::unordered_map<std::uintptr_t, Freed> freed;         // to tell a double free from a wild one
  std::uint64_t next_order = 1;
};
Pool& pool() {
  static auto* const instance = new Pool;
  return *instance;
}

std::uintptr_t key_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }
bool whole_pages(const Block& block) { return block.capacity > kLargestSmall; }
/// Small blocks have a guard in front; those of whole pages begin with their page.
std::size_t front_of(const Block& block) { return whole_pages(block) ? 0 : kGuardBytes; }
std::size_t back_of(const Block& block) {
  const std::size_t room = block.capacity - front_of(block) - block.bytes;
  return room < kGuardBytes ? room : kGuardBytes;
}

TrackedBlock tracking_of(std::uint8_t* block, const Block& info) {
  return {
      block, info.bytes, info.tag, info.order, front_of(info) != 0, back_of(info) == kTrackingBytes, info.blocks_alive};
}

/// Free small blocks of a size hang together: each begins with the address of the next.
void link(std::uint8_t* start, const std::uint8_t* next) { std::memcpy(start, &next, sizeof next); }

/// What lies free in small blocks is as it was left, and leads to `next`.
void check_freed(const std::uint8_t* start, std::size_t capacity, const std::uint8_t* next) {
  const std::uint8_t* found = nullptr;
  std::memcpy(&found, start, sizeof found);
  const KIRQL irql = KeGetCurrentIrql();
  if (found != next && irql >= DISPATCH_LEVEL) {
    ntos::bug_check(0xC5, key_of(found), irql, 0, 0, "DRIVER_CORRUPTED_EXPOOL",
                    "the pool's list of free memory, which was written after it had been freed, leads nowhere");
  }
  const std::uint8_t* written =
      std::find_if(start + sizeof found, start + capacity, [](std::uint8_t byte) { return byte != kFreed; });
  if (found != next) written = start;
  if (written == start + capacity) return;
  ntos::bug_check(0xC6, key_of(written), 1, 0, 0, "DRIVER_CAUGHT_MODIFYING_FREED_POOL",
                  "pool memory was written after it had been freed");
}

void give_back(std::uint8_t* start, std::size_t capacity) {
  std::vector<std::uint8_t*>& list = pool().free[capacity];
  std::memset(start, kFreed, capacity);
  link(start, list.empty() ? nullptr : list.back());
  list.push_back(start);
}

std::uint8_t* carve(std::size_t capacity) {
  if (capacity > kLargestSmall) {
    return static_cast<std::uint8_t*>(ke::hardware().allocate_pages(capacity / kPageBytes));
  }
  std::vector<std::uint8_t*>& list = pool().free[capacity];
  if (list.empty()) {
    auto* page = static_cast<std::uint8_t*>(ke::hardware().allocate_pages(1));
    if (page == nullptr) return nullptr;
    std::memset(page, kFreed, kPageBytes);
    for (std::size_t at = kPageBytes; at >= capacity; at -= capacity) give_back(page + at - capacity, capacity);
  }
  std::uint8_t* start = list.back();
  list.pop_back();
  check_freed(start, capacity, list.empty() ? nullptr : list.back());
  return start;
}

std::size_t capacity_for(std::size_t bytes) {
  const std::size_t small = bytes + 2 * kGuardBytes;
  if (small > kLargestSmall) {
    // A block that fills its pages to the last byte has no guard behind it, as on Windows.
    const std::size_t guarded = bytes % kPageBytes == 0 ? bytes : bytes + kGuardBytes;
    return (guarded + kPageBytes - 1) / kPageBytes * kPageBytes;
  }
  std::size_t capacity = kSmallest;
  while (capacity < small) capacity *= 2;
  return capacity;
}

void check_guards(std::uint8_t* block, const Block& info) {
  if (info.tracked) {
    check_tracking(tracking_of(block, info));
    return;
  }
  for (std::size_t i = 1; i <= front_of(info); ++i) {
    if (*(block - i) == kGuard) continue;
    ntos::bug_check(0x19, 0x20, key_of(block), key_of(block - i), info.bytes, "BAD_POOL_HEADER",
                    "pool memory was written before its beginning");
  }
  for (std::size_t i = 0; i < back_of(info); ++i) {
    if (block[info.bytes + i] == kGuard) continue;
    ntos::bug_check(0x19, 0x21, key_of(block), info.bytes, block[info.bytes + i], "BAD_POOL_HEADER",
                    "pool memory was written beyond its end");
  }
}

/// What must not lie in memory that is freed.
void check_contents(const void* block, const Block& info) {
  std::uint64_t owner = 0;
  const KSPIN_LOCK* lock = ke::held_lock_in(block, info.bytes, &owner);
  ke::verify(lock == nullptr, 0x100B, key_of(lock), owner, 0, "LockDeletedWhileOwned",
             "pool memory was freed with a spin lock in it that is held");
  if (const KTIMER* timer = ke::active_timer_in(block, info.bytes); timer != nullptr) {
    ke::verify(false, 0x15, key_of(timer), info.paged, key_of(block), "ActiveTimer",
               "pool memory was freed with an active timer in it");
    ntos::bug_check(0xC7, 0, key_of(timer), key_of(block), key_of(block) + info.bytes, "TIMER_OR_DPC_INVALID",
                    "pool memory was freed with an active timer in it");
  }
  if (const KDPC* dpc = ke::queued_dpc_in(block, info.bytes); dpc != nullptr) {
    ntos::bug_check(0xC7, 1, key_of(dpc), key_of(block), key_of(block) + info.bytes, "TIMER_OR_DPC_INVALID",
                    "pool memory was freed with a queued DPC in it");
  }
  if (const KDPC* dpc = ke::timer_dpc_in(block, info.bytes); dpc != nullptr) {
    ntos::bug_check(0xC7, 1, key_of(dpc), key_of(block), key_of(block) + info.bytes, "TIMER_OR_DPC_INVALID",
                    "pool memory was freed with the DPC of an active timer in it");
  }
  const void* list = lookaside_in(block, info.bytes);
  ke::verify(list == nullptr, 0xCC, key_of(list), key_of(block), info.bytes, "ActiveLookaside",
             "pool memory was freed with a lookaside list in it that was not deleted");
  const void* resource = active_resource_in(block, info.bytes);
  ke::verify(resource == nullptr, 0x17, key_of(resource), info.paged, key_of(block), "ActiveResource",
             "pool memory was freed with an ERESOURCE in it that was not deleted");
}

/// Bug checks 0xC1/0x20 to 0x22 for what lies in special pool. On the way to a block's size special pool takes the end
/// of the pages for its end.
void bad_special_free(const void* pointer) {
  const void* block = nullptr;
  std::size_t bytes = 0;
  const PoolSpot spot = special_pool_spot(pointer, &block, &bytes);
  if (spot == PoolSpot::kElsewhere) return;
  constexpr const char* kRule = "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION";
  if (spot != PoolSpot::kLive) {
    ntos::bug_check(0xC1, key_of(pointer), 0, 0, 0x20, kRule, "pool memory was freed that is not allocated");
  }
  const std::size_t end = (key_of(block) + bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  const std::size_t calculated = end - key_of(pointer);
  ntos::bug_check(0xC1, key_of(pointer), bytes, calculated, pointer > block ? 0x21 : 0x22, kRule,
                  "an address beside the beginning of a pool block was freed");
}

[[noreturn]] void bad_free(const void* pointer) {
  auto freed = pool().freed.find(key_of(pointer));
  if (freed != pool().freed.end()) {
    ke::verify(false, freed->second.paged ? 0x14 : 0x13, 0, key_of(pointer), freed->second.tag, "DoubleFree",
               "pool memory was freed twice");
    ntos::bug_check(0xC2, 7, key_of(pointer), freed->second.tag, 0, "BAD_POOL_CALLER", "pool memory was freed twice");
  }
  bad_special_free(pointer);
  ke::verify(pool_block_of(pointer, nullptr) == nullptr, 0x16, 0, key_of(pointer), 0, "BadFree",
             "an address in the middle of a pool block was freed");
  ke::verify(false, 0x10, key_of(pointer), 0, 0, "BadFree", "an address was freed that the pool never gave out");
  ntos::bug_check(0xC2, 0x50, key_of(pointer), 0, 0, "BAD_POOL_CALLER",
                  "an address was freed that the pool never gave out");
}
/// A block without its entry in the books; nullptr if memory is short.
std::uint8_t* special_or_ordinary(Block* info, std::uint8_t fill) {
  info->special = info->tracked = false;
  if (ntos::verifier_enabled()) {
    void* block = special_pool_allocate(info->bytes, info->paged, fill);
    if (block == nullptr && special_pool_trim()) block = special_pool_allocate(info->bytes, info->paged, fill);
    info->special = block != nullptr;
    if (block != nullptr) return static_cast<std::uint8_t*>(block);
  }
  std::uint8_t* start = carve(info->capacity);
  if (start == nullptr) return nullptr;
  std::uint8_t* block = start + front_of(*info);
  std::memset(start, kGuard, front_of(*info));
  std::memset(block, fill, info->bytes);
  std::memset(block + info->bytes, kGuard, back_of(*info));
  info->tracked = ntos::verifier_enabled();
  info->blocks_alive = pool().blocks.size();
  if (info->tracked) write_tracking(tracking_of(block, *info));
  return block;
}

PoolUse use_of(const void* owner) {
  PoolUse use;
  if (owner == nullptr) return use;
  std::uint64_t oldest = UINT64_MAX;
  for (const auto& [address, block] : pool().blocks) {
    if (block.owner != owner) continue;
    ++use.blocks;
    use.bytes += block.bytes;
    if (block.paged) use.paged_bytes += block.bytes;
    if (block.order < oldest) {
      oldest = block.order;
      use.first_tag = block.tag;
    }
  }
  return use;
}

void check_unloading(const void* owner) {
  if (!unloaded_by_another(owner)) return;
  const PoolUse use = use_of(owner);
  ke::verify(false, 0x61, use.paged_bytes, use.bytes - use.paged_bytes, use.blocks, "PoolTracking",
             "a thread of a driver allocates pool while the driver is being unloaded");
}
}  // namespace

void* pool_allocate(std::size_t bytes, std::uint32_t tag, bool zero, bool paged, const void* caller) {
  Block info{bytes, capacity_for(bytes), tag, paged, pool().next_order, module_of(caller)};
  if (info.capacity < bytes || refuse_allocation("pool")) return nullptr;  // a size that is no size, or short memory
  check_unloading(info.owner);
  std::uint8_t* block = special_or_ordinary(&info, zero ? 0 : kFresh);
  if (block == nullptr) return nullptr;
  ++pool().next_order;
  pool().blocks[key_of(block)] = info;
  pool().freed.erase(key_of(block));
  ke::state().counters.pool_bytes_outstanding += bytes;
  return block;
}

void pool_free(void* pointer, std::uint32_t tag, bool check_tag) {
  auto* block = static_cast<std::uint8_t*>(pointer);
  auto found = pool().blocks.find(key_of(block));
  if (found == pool().blocks.end()) bad_free(pointer);
  const Block info = found->second;
  if (check_tag && tag != 0 && tag != info.tag) {
    ntos::bug_check(0xC2, 0xA, key_of(pointer), info.tag, tag, "BAD_POOL_CALLER",
                    "pool memory was freed with another tag than it was allocated with");
  }
  if (!info.special) check_guards(block, info);
  check_contents(block, info);
  if (info.special) {
    special_pool_free(block);
  } else if (whole_pages(info)) {
    std::memset(block, kFreed, info.capacity);
    ke::hardware().free_pages(block, info.capacity / p2p::kPageBytes);
  } else {
    give_back(block - kGuardBytes, info.capacity);
  }
  ke::state().counters.pool_bytes_outstanding -= info.bytes;
  pool().blocks.erase(found);
  pool().freed[key_of(block)] = {info.tag, info.paged};
}

const void* pool_block_of(const void* address, std::size_t* bytes) {
  auto found = pool().blocks.upper_bound(key_of(address));
  if (found == pool().blocks.begin()) return nullptr;
  --found;
  if (key_of(address) - found->first >= found->second.bytes) return nullptr;
  if (bytes != nullptr) *bytes = found->second.bytes;
  return reinterpret_cast<const void*>(found->first);
}

bool pool_is_paged(const void* address) {
  const void* block = pool_block_of(address, nullptr);
  return block != nullptr && pool().blocks.at(key_of(block)).paged;
}

PoolUse pool_use_of(const void* code) { return use_of(module_of(code)); }

void check_pool_at_unload(const void* code, std::string_view driver, bool never_loaded) {
  for (const auto& [capacity, blocks] : pool().free) {
    const std::uint8_t* next = nullptr;
    for (const std::uint8_t* start : blocks) {
      check_freed(start, capacity, next);
      next = start;
    }
  }
  const PoolUse use = pool_use_of(code);
  std::string tag;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto c = static_cast<char>(use.first_tag >> shift & 0xFF);
    tag += c >= 32 && c < 127 ? c : '.';
  }
  // An image that goes because its DriverEntry failed has no name in the system's tables yet.
  ke::verify(use.blocks == 0 || !never_loaded, 0x60, use.paged_bytes, use.bytes - use.paged_bytes, use.blocks,
             "PoolTracking", std::string(driver) + " failed to load and left pool allocations with tag '" + tag + "'");
  ke::verify(use.blocks == 0, 0x62, 0, 0, use.blocks, "PoolTracking",
             std::string(driver) + " was unloaded with " + std::to_string(use.blocks) + " pool allocations, " +
                 std::to_string(use.bytes) + " bytes, not freed; the oldest has tag '" + tag + "'");
}

}  // namespace p2p::ex
