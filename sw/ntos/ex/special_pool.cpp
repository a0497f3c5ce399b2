#include "sw/ntos/ex/special_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/paging.h"

namespace p2p::ex {

namespace {
constexpr std::uint8_t kPattern = 0x5B;  // beside a block in its pages
constexpr std::size_t kAlignment = 16;
/// Freed pages kept from use, in bytes 4 MiB: a block is not seen again for long, the oldest is first.
constexpr std::size_t kQuarantinePages = 1024;
/// Of what has left quarantine so many stay ready for the next block of their size: they save a mapping each.
constexpr std::size_t kReady = 32;

struct Region {
  std::uint8_t* pages = nullptr;
  std::size_t count = 0;  // without the page behind
  std::uint8_t* block = nullptr;
  std::size_t bytes = 0;
  bool live = false, paged = false;
  bool open = false;   // its pages can be touched
  unsigned locks = 0;  // MDLs
  std::uint8_t* behind() const { return pages + count * kPageBytes; }
  std::uint8_t* end() const { return behind() + kPageBytes; }
};

struct Special {
  std::map<std::uintptr_t, Region> regions;  // by first page; looked up, walked by address ranges only
  std::deque<Region*> quarantine;
  std::size_t quarantined = 0;  // pages
  std::map<std::size_t, std::vector<Region*>> ready;
  std::vector<Region*> open;  // paged, without a lock
};
Special& special() {
  static auto* const instance = new Special;  // fibers outlive main()
  return *instance;
}

std::uintptr_t key_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

/// False if the host has no mapping left to split.
bool protect(const Region& region, int protection) {
  return mprotect(region.pages, region.count * kPageBytes, protection) == 0;
}

Region* region_at(const void* address) {
  auto found = special().regions.upper_bound(key_of(address));
  if (found == special().regions.begin()) return nullptr;
  --found;
  return address < found->second.end() ? &found->second : nullptr;
}

bool give_back(Region* region) {
  if (mprotect(region->pages, (region->count + 1) * kPageBytes, PROT_READ | PROT_WRITE) != 0) return false;
  std::uint8_t* pages = region->pages;
  const std::size_t count = region->count + 1;
  special().regions.erase(key_of(pages));
  ke::hardware().free_pages(pages, count);
  return true;
}

/// Far from the number of mappings a process may have: what is beyond gets ordinary pool.
constexpr std::size_t kMostRegions = 8192;

Region* fresh_region(std::size_t count) {
  if (special().regions.size() >= kMostRegions) return nullptr;
  auto* pages = static_cast<std::uint8_t*>(ke::hardware().allocate_pages(count + 1));
  if (pages == nullptr) return nullptr;
  if (mprotect(pages + count * kPageBytes, kPageBytes, PROT_NONE) != 0) {
    ke::hardware().free_pages(pages, count + 1);
    return nullptr;
  }
  Region& region = special().regions[key_of(pages)];
  region = {};
  region.pages = pages;
  region.count = count;
  return &region;
}

Region* take_region(std::size_t count) {
  std::vector<Region*>& ready = special().ready[count];
  if (ready.empty()) return fresh_region(count);
  Region* region = ready.back();
  if (!protect(*region, PROT_READ | PROT_WRITE)) return nullptr;
  ready.pop_back();
  return region;
}

void release_oldest() {
  Region* region = special().quarantine.front();
  special().quarantine.pop_front();
  special().quarantined -= region->count;
  std::vector<Region*>& ready = special().ready[region->count];
  if (ready.size() < kReady || !give_back(region)) ready.push_back(region);
}

void note_open(Region* region) {
  region->open = true;
  if (!region->paged || region->locks != 0) return;
  special().open.push_back(region);
  ke::paged_pool_open = true;
}

bool one_bit(std::uint8_t found) {
  const auto difference = static_cast<unsigned>(found ^ kPattern);
  return (difference & (difference - 1)) == 0;
}

/// Bytes beside a block; anything but the pattern is 0xC1.
void check_pattern(const Region& region, const std::uint8_t* from, const std::uint8_t* to, bool after) {
  // Each byte as the one before it, and the first as it should be: most of a page is the pattern.
  if (from == to || (*from == kPattern && std::memcmp(from, from + 1, static_cast<std::size_t>(to - from) - 1) == 0)) {
    return;
  }
  const std::uint8_t* written = std::find_if(from, to, [](std::uint8_t byte) { return byte != kPattern; });
  const bool rest_clean = std::all_of(written + 1, to, [](std::uint8_t byte) { return byte == kPattern; });
  const bool bit = one_bit(*written) && rest_clean;
  const char* message = bit     ? "a single bit beside pool memory has changed"
                        : after ? "pool memory was written beyond its end"
                                : "pool memory was written before its beginning";
  ntos::bug_check(0xC1, key_of(region.block), key_of(written), 0,
                  bit     ? 0x32
                  : after ? 0x24
                          : 0x23,
                  "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION", message);
}

KIRQL irql_now() {
  const ke::Thread* thread = ke::current_thread();
  return thread != nullptr && thread->cpu != nullptr ? static_cast<KIRQL>(thread->cpu->irql) : KIRQL{PASSIVE_LEVEL};
}
}  // namespace

void* special_pool_allocate(std::size_t bytes, bool paged, std::uint8_t fill) {
  const std::size_t count = (bytes + kPageBytes - 1) / kPageBytes;
  Region* region = take_region(count);
  if (region == nullptr) return nullptr;
  const std::size_t aligned = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  region->block = bytes >= kPageBytes ? region->pages : region->behind() - aligned;
  region->bytes = bytes;
  region->paged = paged;
  region->live = true;
  region->locks = 0;
  note_open(region);
  std::memset(region->pages, kPattern, static_cast<std::size_t>(region->block - region->pages));
  std::memset(region->block, fill, bytes);
  std::memset(region->block + bytes, kPattern, static_cast<std::size_t>(region->behind() - region->block) - bytes);
  return region->block;
}

void special_pool_free(void* block) {
  Region* region = region_at(block);
  if (!region->open && protect(*region, PROT_READ | PROT_WRITE)) region->open = true;
  check_pattern(*region, region->pages, region->block, false);
  check_pattern(*region, region->block + region->bytes, region->behind(), true);
  std::erase(special().open, region);
  region->live = region->open = false;
  region->locks = 0;
  // Without a mapping left it stays accessible: then it is at least not used again soon.
  protect(*region, PROT_NONE);
  special().quarantine.push_back(region);
  special().quarantined += region->count;
  while (special().quarantined > kQuarantinePages) release_oldest();
}

bool special_pool_trim() {
  std::vector<Region*> all(special().quarantine.begin(), special().quarantine.end());
  for (const auto& [count, regions] : special().ready) all.insert(all.end(), regions.begin(), regions.end());
  special().quarantine.clear();
  special().quarantined = 0;
  special().ready.clear();
  bool any = false;
  for (Region* region : all) any |= give_back(region);
  return any;
}

PoolSpot special_pool_spot(const void* address, const void** block, std::size_t* bytes) {
  const Region* region = region_at(address);
  if (region == nullptr) return PoolSpot::kElsewhere;
  if (block != nullptr) *block = region->block;
  if (bytes != nullptr) *bytes = region->bytes;
  if (!region->live) return PoolSpot::kFreed;
  return address < region->behind() ? PoolSpot::kLive : PoolSpot::kBehind;
}

bool special_pool_admit(const void* address) {
  Region* region = region_at(address);
  if (region == nullptr || !region->live || region->open || address >= region->behind()) return false;
  if (irql_now() >= DISPATCH_LEVEL) return false;
  if (!protect(*region, PROT_READ | PROT_WRITE)) return false;
  note_open(region);
  return true;
}

bool special_pool_touched_by_device(const void* address) {
  Region* region = region_at(address);
  if (region == nullptr) return false;
  mprotect(region->pages, (region->count + 1) * kPageBytes, PROT_READ | PROT_WRITE);
  if (region->live) return true;
  ntos::BugCheck report;
  report.code = 0xC6;
  report.parameters[0] = key_of(address);
  report.rule = "DRIVER_CAUGHT_MODIFYING_FREED_POOL";
  report.message = "a device reached pool memory after it had been freed: it was still mapped for a transfer";
  ke::stop_machine(report);
  return true;
}

void special_pool_lock(const void* address, std::size_t bytes, bool lock) {
  auto found = special().regions.upper_bound(key_of(address));
  if (found != special().regions.begin()) --found;
  for (; found != special().regions.end() && found->first < key_of(address) + bytes; ++found) {
    Region& region = found->second;
    if (!region.live || !region.paged || region.behind() <= address) continue;
    if (!lock) {
      if (region.locks == 0 || --region.locks != 0) continue;
      note_open(&region);
      if (irql_now() >= DISPATCH_LEVEL) ke::close_paged_pool();
      continue;
    }
    std::erase(special().open, &region);
    ++region.locks;
    if (!region.open) region.open = protect(region, PROT_READ | PROT_WRITE);
  }
}

}  // namespace p2p::ex

namespace p2p::ke {

void close_paged_pool() {
  for (ex::Region* region : ex::special().open) region->open = !ex::protect(*region, PROT_NONE);
  std::erase_if(ex::special().open, [](const ex::Region* region) { return !region->open; });
  paged_pool_open = false;
}

void fiber_resumed() {
  if (ex::irql_now() >= DISPATCH_LEVEL) close_paged_pool();
}

}  // namespace p2p::ke
