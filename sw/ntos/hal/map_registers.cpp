#include "sw/ntos/ddk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sw/ntos/hal/map_registers.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/verify.h"
#include "sw/ntos/mm/shadow.h"

namespace p2p::hal {

namespace {
constexpr std::uint64_t kFirstPageBeyond32Bits = 0x100000;

// Transfers may share a page: it is mapped while one of them lasts, for what any of them does.
struct PageUsers {
  std::uint64_t physical = 0;
  unsigned readers = 0, writers = 0;  // by the device
};
using PageTable = std::map<std::pair<unsigned, std::uint64_t>, PageUsers>;
PageTable& page_table() {
  static auto* const table = new PageTable;
  return *table;
}

void update_iommu(unsigned function, std::uint64_t logical, const PageUsers& users) {
  const unsigned access = (users.readers != 0 ? static_cast<unsigned>(DmaAccess::kRead) : 0u) |
                          (users.writers != 0 ? static_cast<unsigned>(DmaAccess::kWrite) : 0u);
  if (access == 0) {
    ke::hardware().iommu_unmap(function, logical);
  } else {
    ke::hardware().iommu_map(function, logical, users.physical, static_cast<DmaAccess>(access));
  }
}

void add_user(unsigned function, std::uint64_t logical, std::uint64_t physical, bool write_to_device) {
  PageUsers& users = page_table()[{function, logical}];
  const bool new_access = (write_to_device ? users.readers : users.writers)++ == 0;
  users.physical = physical;
  if (new_access) update_iommu(function, logical, users);
}

void remove_user(unsigned function, std::uint64_t logical, bool write_to_device) {
  auto found = page_table().find({function, logical});
  PageUsers& users = found->second;
  if (--(write_to_device ? users.readers : users.writers) != 0) return;
  update_iommu(function, logical, users);
  if (users.readers == 0 && users.writers == 0) page_table().erase(found);
}

void* seen_by_device(const MappedPage& page) {
  return page.bounce != nullptr ? page.bounce : ke::hardware().page_pointer(page.physical);
}

void copy(void* to, const void* from, const MappedPage& page) {
  std::memcpy(static_cast<char*>(to) + page.from, static_cast<const char*>(from) + page.from, page.bytes);
  ke::charge_ns(std::uint64_t{ke::cost().copy_per_kib} * page.bytes / 1024);
}

// What a device writes through a copy stays within its transfer: the rest of the page holds padding.
constexpr unsigned char kPadding = 0x0F;
bool is_padded(const MappedPage& page, bool write_to_device) {
  return page.bounce != nullptr && !write_to_device && ntos::verifier_enabled();
}
void pad(const MappedPage& page) {
  auto* start = static_cast<unsigned char*>(page.bounce);
  std::fill(start, start + page.from, kPadding);
  std::fill(start + page.from + page.bytes, start + PAGE_SIZE, kPadding);
}
void check_padding(const MappedPage& page) {
  const auto* start = static_cast<const unsigned char*>(page.bounce);
  const auto check = [&](const unsigned char* from, const unsigned char* to, std::uint64_t which) {
    const auto* written = std::find_if(from, to, [](unsigned char byte) { return byte != kPadding; });
    verify_dma(written == to, 0x0F, which, ke::value_of(start + page.from), ke::value_of(written), "MapTransfer",
               "a device wrote beside the buffer of its transfer");
  };
  check(start, start + page.from, 4);
  check(start + page.from + page.bytes, start + PAGE_SIZE, 5);
}
}  // namespace

std::uint64_t LogicalSpace::allocate(std::uint64_t pages) {
  std::uint64_t at = first_;
  for (const auto& [first, count] : used_) {
    if (first - at > pages) break;  // one more than asked for: the unmapped page after it
    at = first + count + 1;
  }
  if (at + pages > end_) return 0;
  used_[at] = pages;
  return at;
}

bool take_registers(Adapter* adapter, ULONG count, bool contiguous, std::vector<ULONG>* taken) {
  std::set<ULONG>& free = adapter->free_registers;
  taken->clear();
  if (free.size() < count) return false;
  for (auto at = free.begin(); at != free.end() && taken->size() < count; ++at) {
    if (contiguous && !taken->empty() && *at != taken->back() + 1) taken->clear();
    taken->push_back(*at);
  }
  if (taken->size() < count) return false;
  for (const ULONG index : *taken) free.erase(index);
  return true;
}

void give_back_registers(Adapter* adapter, const std::vector<ULONG>& registers) {
  adapter->free_registers.insert(registers.begin(), registers.end());
}

bool needs_copy(const Adapter* adapter, std::uint64_t physical_page) {
  const bool out_of_reach = !adapter->reaches_64_bits && physical_page >= kFirstPageBeyond32Bits;
  return out_of_reach || ke::state().config.dma_bounce;
}
bool may_need_copies(const Adapter* adapter) { return !adapter->reaches_64_bits || ke::state().config.dma_bounce; }

bool reserve_copies(std::size_t count, Copies* copies) {
  for (copies->clear(); copies->size() < count;) {
    void* page = ke::hardware().allocate_pages(1);
    if (page == nullptr) {
      free_copies(copies);
      return false;
    }
    copies->push_back(page);
  }
  std::reverse(copies->begin(), copies->end());  // taken from the end: the first page first
  return true;
}

void free_copies(Copies* copies) {
  for (void* page : *copies) ke::hardware().free_pages(page, 1);
  copies->clear();
}

void map_page(Adapter* adapter, MappedPage* page, ULONG map_register, bool write_to_device, bool remap,
              Copies* copies) {
  const bool bounce = needs_copy(adapter, page->physical);
  page->logical = bounce || remap ? adapter->first_logical + map_register : page->physical;
  std::uint64_t target = page->physical;
  if (bounce) {
    page->bounce = copies->back();
    copies->pop_back();
    target = ke::hardware().physical_page(page->bounce);
  }
  if (is_padded(*page, write_to_device)) pad(*page);
  if (write_to_device && seen_by_device(*page) != mm::cpu_view(page->physical)) {
    copy(seen_by_device(*page), mm::cpu_view(page->physical), *page);
  }
  add_user(adapter->function, page->logical, target, write_to_device);
}

void unmap_page(Adapter* adapter, const MappedPage& page, bool write_to_device, Copies* copies) {
  remove_user(adapter->function, page.logical, write_to_device);
  if (is_padded(page, write_to_device)) check_padding(page);
  if (!write_to_device && seen_by_device(page) != mm::cpu_view(page.physical)) {
    copy(mm::cpu_view(page.physical), seen_by_device(page), page);
  }
  if (page.bounce != nullptr) copies->push_back(page.bounce);
}

void enqueue(Adapter* adapter, Waiting request) {
  adapter->waiting.push_back(std::move(request));
  pump(adapter);
}

void pump(Adapter* adapter) {
  if (adapter->pumping) return;
  adapter->pumping = true;
  while (!adapter->waiting.empty()) {
    const Waiting& next = adapter->waiting.front();
    const bool channel = next.channel_for != nullptr;
    std::vector<ULONG> registers;
    if ((channel && adapter->channel_busy) || !take_registers(adapter, next.registers, channel, &registers)) break;
    const auto start = next.start;
    adapter->waiting.pop_front();
    start(std::move(registers));
  }
  adapter->pumping = false;
}

}  // namespace p2p::hal
