#include "sw/ntos/ddk.h"

#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/pool.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ex {

namespace {
constexpr std::size_t kGuardBytes = 16;
constexpr std::uint8_t kGuard = 0xFD, kFresh = 0xCD, kFreed = 0xDD;
constexpr std::size_t kSmallest = 32, kLargestSmall = 2048;

struct Block {
  std::size_t bytes;     // asked for
  std::size_t capacity;  // of the size class, or whole pages
  std::uint32_t tag;
};

struct Pool {
  std::map<std::uint8_t*, Block> blocks;                   // live ones
  std::map<std::size_t, std::vector<std::uint8_t*>> free;  // by capacity
  std::map<std::uint8_t*, bool> freed;                     // to tell a double free from a wild one
};
Pool& pool() {
  static Pool instance;
  return instance;
}

std::uint8_t* carve(std::size_t capacity) {
  std::vector<std::uint8_t*>& list = pool().free[capacity];
  if (list.empty()) {
    if (capacity > kLargestSmall) {
      return static_cast<std::uint8_t*>(ke::hardware().allocate_pages(capacity / kPageBytes));
    }
    auto* page = static_cast<std::uint8_t*>(ke::hardware().allocate_pages(1));
    if (page == nullptr) return nullptr;
    for (std::size_t at = kPageBytes; at >= capacity; at -= capacity) list.push_back(page + at - capacity);
  }
  std::uint8_t* block = list.back();
  list.pop_back();
  return block;
}
}  // namespace

void* pool_allocate(std::size_t bytes, std::uint32_t tag, bool zero) {
  std::size_t capacity = kSmallest;
  const std::size_t needed = bytes + kGuardBytes;
  if (bytes >= kPageBytes || needed > kLargestSmall) {
    capacity = (needed + kPageBytes - 1) / kPageBytes * kPageBytes;
  } else {
    while (capacity < needed) capacity *= 2;
  }
  std::uint8_t* block = carve(capacity);
  if (block == nullptr) return nullptr;
  std::memset(block, zero ? 0 : kFresh, bytes);
  std::memset(block + bytes, kGuard, capacity - bytes < kGuardBytes ? capacity - bytes : kGuardBytes);
  pool().blocks[block] = {bytes, capacity, tag};
  pool().freed.erase(block);
  ke::state().counters.pool_bytes_outstanding += bytes;
  return block;
}

void pool_free(void* pointer, std::uint32_t tag, bool check_tag) {
  auto* block = static_cast<std::uint8_t*>(pointer);
  auto found = pool().blocks.find(block);
  if (found == pool().blocks.end()) {
    const bool twice = pool().freed.contains(block);
    ntos::bug_check(0xC2, twice ? 7 : 0x50, reinterpret_cast<std::uintptr_t>(pointer), 0, 0, "BAD_POOL_CALLER",
                    twice ? "pool memory was freed twice" : "an address that is no pool allocation was freed");
  }
  const Block info = found->second;
  if (check_tag && tag != 0 && tag != info.tag) {
    ntos::bug_check(0xC2, 0xA, reinterpret_cast<std::uintptr_t>(pointer), info.tag, tag, "BAD_POOL_CALLER",
                    "pool memory was freed with another tag than it was allocated with");
  }
  for (std::size_t i = 0; i < kGuardBytes; ++i) {
    if (block[info.bytes + i] != kGuard) {
      ntos::bug_check(0x19, 0x20, reinterpret_cast<std::uintptr_t>(pointer), info.bytes, i, "BAD_POOL_HEADER",
                      "pool memory was written beyond its end");
    }
  }
  std::memset(block, kFreed, info.bytes);
  ke::state().counters.pool_bytes_outstanding -= info.bytes;
  pool().blocks.erase(found);
  if (info.capacity > kLargestSmall) {
    ke::hardware().free_pages(block, info.capacity / p2p::kPageBytes);
  } else {
    pool().free[info.capacity].push_back(block);
    pool().freed[block] = true;
  }
}

}  // namespace p2p::ex

using namespace p2p;

namespace {
constexpr ULONG kDriverTag = 0x656E6F4E;  // "None", as Windows tags untagged allocations

/// R-IRQL-4: 0xC4/0x01 and 0x02.
void check_irql(bool paged, SIZE_T bytes) {
  if (ke::current_thread() == nullptr) return;
  const KIRQL irql = ke::current_cpu().irql;
  if (paged && irql > APC_LEVEL) {
    ntos::bug_check(0xC4, 0x01, irql, 1, bytes, "IrqlExAllocatePool", "paged pool was allocated above APC_LEVEL");
  }
  if (irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x02, irql, 0, bytes, "IrqlExAllocatePool", "pool was allocated above DISPATCH_LEVEL");
  }
  if (bytes == 0 && ntos::verifier_enabled()) {
    ntos::bug_check(0xC4, 0x00, irql, paged ? 1 : 0, 0, "ExAllocatePool", "an allocation of zero bytes");
  }
}
}  // namespace

extern "C" {

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  check_irql((PoolType & 1) != 0, NumberOfBytes);
  return ex::pool_allocate(NumberOfBytes, Tag, false);
}

PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return ExAllocatePoolWithTag(PoolType, NumberOfBytes, kDriverTag);
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
  if (Tag == 0 || (Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)) == 0) return nullptr;
  check_irql((Flags & POOL_FLAG_PAGED) != 0, NumberOfBytes);
  return ex::pool_allocate(NumberOfBytes, Tag, (Flags & POOL_FLAG_UNINITIALIZED) == 0);
}

VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag) { ex::pool_free(P, Tag, true); }

VOID NTAPI ExFreePool(PVOID P) { ex::pool_free(P, 0, false); }

VOID NTAPI ExInitializeDriverRuntime(ULONG RuntimeFlags) { UNREFERENCED_PARAMETER(RuntimeFlags); }

}  // extern "C"
