// The pool: size classes in single pages, whole pages from 4 KiB on, with guard bytes around every block.
#include "sw/ntos/ex/pool.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/ex/resource.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ex {

namespace {
constexpr std::size_t kGuardBytes = 16;
constexpr std::uint8_t kGuard = 0xFD, kFresh = 0xCD, kFreed = 0xDD;
constexpr std::size_t kSmallest = 64, kLargestSmall = 2048;

struct Block {
  std::size_t bytes;     // asked for
  std::size_t capacity;  // of the size class, or whole pages
  std::uint32_t tag;
  bool paged;
  std::uint64_t order;  // of allocation
  const void* owner;    // module charged
};

struct Pool {
  std::map<std::uintptr_t, Block> blocks;                   // live ones, by what the caller got
  std::map<std::size_t, std::vector<std::uint8_t*>> free;   // by capacity
  std::unordered_map<std::uintptr_t, std::uint32_t> freed;  // to tell a double free from a wild one; the tag
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

/// What lies free in small blocks is as it was left.
void check_freed(const std::uint8_t* start, std::size_t capacity) {
  const std::uint8_t* written = std::find_if(start, start + capacity, [](std::uint8_t byte) { return byte != kFreed; });
  if (written == start + capacity) return;
  ntos::bug_check(0xC6, key_of(written), 1, 0, 0, "DRIVER_CAUGHT_MODIFYING_FREED_POOL",
                  "pool memory was written after it had been freed");
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
    for (std::size_t at = kPageBytes; at >= capacity; at -= capacity) list.push_back(page + at - capacity);
  }
  std::uint8_t* start = list.back();
  list.pop_back();
  check_freed(start, capacity);
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

void check_guards(const std::uint8_t* block, const Block& info) {
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
  const void* resource = active_resource_in(block, info.bytes);
  ke::verify(resource == nullptr, 0x17, key_of(resource), info.paged, key_of(block), "ActiveResource",
             "pool memory was freed with an ERESOURCE in it that was not deleted");
}

[[noreturn]] void bad_free(const void* pointer) {
  auto freed = pool().freed.find(key_of(pointer));
  if (freed != pool().freed.end()) {
    ntos::bug_check(0xC2, 7, key_of(pointer), freed->second, 0, "BAD_POOL_CALLER", "pool memory was freed twice");
  }
  ke::verify(false, 0x10, key_of(pointer), 0, 0, "BadFree", "an address was freed that the pool never gave out");
  ntos::bug_check(0xC2, 0x50, key_of(pointer), 0, 0, "BAD_POOL_CALLER",
                  "an address was freed that the pool never gave out");
}
}  // namespace

void* pool_allocate(std::size_t bytes, std::uint32_t tag, bool zero, bool paged, const void* caller) {
  Block info{bytes, capacity_for(bytes), tag, paged, pool().next_order, module_of(caller)};
  if (info.capacity < bytes || refuse_allocation("pool")) return nullptr;  // a size that is no size, or short memory
  std::uint8_t* start = carve(info.capacity);
  if (start == nullptr) return nullptr;
  ++pool().next_order;
  std::uint8_t* block = start + front_of(info);
  std::memset(start, kGuard, front_of(info));
  std::memset(block, zero ? 0 : kFresh, bytes);
  std::memset(block + bytes, kGuard, back_of(info));
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
  check_guards(block, info);
  check_contents(block, info);
  std::memset(block - front_of(info), kFreed, info.capacity);
  ke::state().counters.pool_bytes_outstanding -= info.bytes;
  pool().blocks.erase(found);
  pool().freed[key_of(block)] = info.tag;
  if (whole_pages(info)) {
    ke::hardware().free_pages(block, info.capacity / p2p::kPageBytes);
  } else {
    pool().free[info.capacity].push_back(block - kGuardBytes);
  }
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

PoolUse pool_use_of(const void* code) {
  PoolUse use;
  const void* owner = module_of(code);
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

void check_pool_at_unload(const void* code, std::string_view driver) {
  for (const auto& [capacity, blocks] : pool().free) {
    for (const std::uint8_t* start : blocks) check_freed(start, capacity);
  }
  const PoolUse use = pool_use_of(code);
  std::string tag;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto c = static_cast<char>(use.first_tag >> shift & 0xFF);
    tag += c >= 32 && c < 127 ? c : '.';
  }
  ke::verify(use.blocks == 0, 0x62, 0, 0, use.blocks, "PoolTracking",
             std::string(driver) + " was unloaded with " + std::to_string(use.blocks) + " pool allocations, " +
                 std::to_string(use.bytes) + " bytes, not freed; the oldest has tag '" + tag + "'");
}

}  // namespace p2p::ex
