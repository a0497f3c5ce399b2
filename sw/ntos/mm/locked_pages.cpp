#include "sw/ntos/ddk.h"

#include "sw/ntos/mm/locked_pages.h"

#include <map>
#include <unordered_map>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/ex/special_pool.h"
#include "sw/ntos/ke/verify.h"

namespace p2p::mm {

namespace {
using ke::value_of;

struct Lock {
  std::uint64_t order = 0;
  const void* module = nullptr;
  const void* address = nullptr;
  std::size_t bytes = 0;
  std::vector<PFN_NUMBER> pages;
};
struct Mapping {
  const void* address;
  const void* start;
  ULONG bytes;
  PFN_NUMBER first_page;
};
struct Tracker {
  std::map<PMDL, Lock> locks;                         // walked for the oldest only
  std::unordered_map<std::uint64_t, unsigned> pages;  // locked, by how many MDLs; looked up
  std::map<PMDL, Mapping> mappings;                   // looked up
  std::uint64_t next_order = 1;
};
Tracker& tracker() {
  static auto* const instance = new Tracker;  // fibers outlive main()
  return *instance;
}

std::size_t page_count(PMDL mdl) { return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount); }
Mapping mapping_of(PMDL mdl) {
  return {mdl->MappedSystemVa, MmGetMdlVirtualAddress(mdl), mdl->ByteCount, MmGetMdlPfnArray(mdl)[0]};
}
}  // namespace

void note_locked(PMDL mdl, const void* caller) {
  if (auto known = tracker().locks.find(mdl); known != tracker().locks.end()) {
    if (ntos::verifier_enabled()) {
      ntos::bug_check(0xD9, 1, value_of(mdl), value_of(mdl), known->second.pages.size(),
                      "LOCKED_PAGES_TRACKER_CORRUPTION",
                      "an MDL was initialised again, and its pages locked, while it has pages locked");
    }
    note_unlocked(mdl);
  }
  Lock& lock = tracker().locks[mdl];
  const PFN_NUMBER* pages = MmGetMdlPfnArray(mdl);
  lock = {tracker().next_order++, ex::module_of(caller), MmGetMdlVirtualAddress(mdl), mdl->ByteCount,
          std::vector<PFN_NUMBER>(pages, pages + page_count(mdl))};
  for (const PFN_NUMBER page : lock.pages) ++tracker().pages[page];
  ex::special_pool_lock(lock.address, lock.bytes, true);
}

void note_unlocked(PMDL mdl) {
  tracker().mappings.erase(mdl);
  auto found = tracker().locks.find(mdl);
  if (found == tracker().locks.end()) return;
  for (const PFN_NUMBER page : found->second.pages) {
    auto locked = tracker().pages.find(page);
    if (--locked->second == 0) tracker().pages.erase(locked);
  }
  ex::special_pool_lock(found->second.address, found->second.bytes, false);
  tracker().locks.erase(found);
}

bool page_is_locked(std::uint64_t page) { return tracker().pages.contains(page); }

void note_mapped(PMDL mdl) { tracker().mappings[mdl] = mapping_of(mdl); }

void check_mapping(PMDL mdl) {
  auto found = tracker().mappings.find(mdl);
  if (found == tracker().mappings.end() || !ntos::verifier_enabled()) return;
  const Mapping &was = found->second, is = mapping_of(mdl);
  const auto stop = [mdl](std::uint64_t kind, std::uint64_t expected, std::uint64_t given, const char* what) {
    ntos::bug_check(0xDA, kind, value_of(mdl), expected, given, "SYSTEM_PTE_MISUSE", what);
  };
  const auto pages_of = [](const Mapping& mapping) {
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(mapping.start, mapping.bytes);
  };
  if (is.address != was.address) {
    stop(3, value_of(was.address), value_of(is.address),
         "an MDL is unmapped from another address than it is mapped at");
  }
  if (is.start != was.start) {
    stop(5, value_of(was.start), value_of(is.start), "the start of an MDL was changed while it was mapped");
  }
  if (pages_of(is) != pages_of(was)) {
    stop(2, pages_of(was), pages_of(is), "the length of an MDL was changed while it was mapped");
  }
  if (is.first_page != was.first_page) {
    stop(4, was.first_page, is.first_page, "the first page of an MDL was changed while it was mapped");
  }
}

void note_unmapped(PMDL mdl) { tracker().mappings.erase(mdl); }

LockedPages pages_locked_by(const void* module) {
  LockedPages left;
  std::uint64_t oldest = UINT64_MAX;
  for (const auto& [mdl, lock] : tracker().locks) {
    if (lock.module != module || lock.order > oldest) continue;
    oldest = lock.order;
    left = {mdl, lock.pages.size()};
  }
  return left;
}

}  // namespace p2p::mm
