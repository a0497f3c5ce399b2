#include "tests/ntos/fake_hardware.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <systemc>

namespace p2p::test {

namespace {
constexpr std::size_t kArenaPages = 16384;
// Neighbours in virtual address are far apart in physical address: an odd factor permutes a power of two.
constexpr std::size_t kScatter = 4241;

sc_core::sc_time ps(std::uint64_t value) { return {static_cast<double>(value), sc_core::SC_PS}; }
}  // namespace

FakeHardware::FakeHardware() : used_(kArenaPages) {
  void* memory = mmap(nullptr, kArenaPages * kPageBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory for the fake machine");
  arena_ = static_cast<std::uint8_t*>(memory);
  const std::uint8_t identity[] = {0x34, 0x12, 0x78, 0x56};
  std::copy(std::begin(identity), std::end(identity), config_.begin());
}
// The arena stays: parked threads may still hold objects in it.
FakeHardware::~FakeHardware() = default;

void FakeHardware::run() { sc_core::sc_start(); }
void FakeHardware::run_for_ps(std::uint64_t duration) { sc_core::sc_start(ps(duration)); }

std::uint64_t FakeHardware::now_ps() const {
  return static_cast<std::uint64_t>(std::llround(sc_core::sc_time_stamp() / sc_core::sc_time(1, sc_core::SC_PS)));
}

void FakeHardware::after_ps(std::uint64_t delay, std::function<void()> action) {
  sc_core::sc_spawn([delay, work = std::move(action)] {
    sc_core::wait(ps(delay));
    work();
  });
}

void FakeHardware::set_line(unsigned line, bool level) {
  if (lines_[line] == level) return;
  lines_[line] = level;
  if (sink_ != nullptr) sink_->interrupt_line_changed(line, level);
}
bool FakeHardware::interrupt_line(unsigned line) const {
  auto found = lines_.find(line);
  return found != lines_.end() && found->second;
}

std::uint64_t FakeHardware::mmio_read(std::uint64_t physical, unsigned bytes) {
  sc_core::wait(ps(mmio_ps));
  return on_read ? on_read(physical, bytes) : ~std::uint64_t{0};
}
void FakeHardware::mmio_write(std::uint64_t physical, unsigned bytes, std::uint64_t value) {
  sc_core::wait(ps(mmio_ps));
  if (on_write) on_write(physical, bytes, value);
}

PciFunctionInfo FakeHardware::pci_function(unsigned) const {
  return {0x1234, 0x5678, 1, 0x048000, kBar0, kBar0Bytes, kLine};
}
std::uint32_t FakeHardware::config_read(unsigned function, unsigned offset, unsigned bytes) {
  if (function != 0 || offset + bytes > config_.size()) return ~std::uint32_t{0};
  std::uint32_t value = 0;
  std::memcpy(&value, &config_[offset], bytes);
  return value;
}
void FakeHardware::config_write(unsigned function, unsigned offset, unsigned bytes, std::uint32_t value) {
  if (function == 0 && offset + bytes <= config_.size()) std::memcpy(&config_[offset], &value, bytes);
}

void* FakeHardware::allocate_pages(std::size_t count) {
  if (count == 0 || allocated_ + count > page_limit) return nullptr;
  for (std::size_t first = 0; first + count <= kArenaPages; ++first) {
    std::size_t n = 0;
    while (n < count && !used_[first + n]) ++n;
    if (n < count) {
      first += n;
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) used_[first + i] = true;
    allocated_ += count;
    std::memset(arena_ + first * kPageBytes, 0, count * kPageBytes);
    return arena_ + first * kPageBytes;
  }
  return nullptr;
}
void FakeHardware::free_pages(void* base, std::size_t count) {
  const std::size_t first = static_cast<std::size_t>(static_cast<std::uint8_t*>(base) - arena_) / kPageBytes;
  for (std::size_t i = 0; i < count; ++i) {
    if (!used_.at(first + i)) throw std::logic_error("a page was freed that is not allocated");
    used_[first + i] = false;
  }
  allocated_ -= count;
}
bool FakeHardware::is_host_memory(const void* address) const {
  const auto* at = static_cast<const std::uint8_t*>(address);
  return at >= arena_ && at < arena_ + kArenaPages * kPageBytes;
}
std::uint64_t FakeHardware::physical_page(const void* address) const {
  const auto index = static_cast<std::size_t>(static_cast<const std::uint8_t*>(address) - arena_) / kPageBytes;
  return first_physical_page + index * kScatter % kArenaPages;
}
void* FakeHardware::page_pointer(std::uint64_t physical_page) const {
  if (physical_page < first_physical_page || physical_page >= first_physical_page + kArenaPages) return nullptr;
  // The inverse of an odd factor modulo a power of two, by Newton's iteration.
  std::uint64_t inverse = kScatter;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kScatter * inverse;
  return arena_ + (physical_page - first_physical_page) * inverse % kArenaPages * kPageBytes;
}

void FakeHardware::iommu_map(unsigned, std::uint64_t logical_page, std::uint64_t physical_page, DmaAccess access) {
  iommu_[logical_page] = {physical_page, access};
}
void FakeHardware::iommu_unmap(unsigned, std::uint64_t logical_page) { iommu_.erase(logical_page); }

bool FakeHardware::dma(std::uint64_t logical, void* data, std::size_t bytes, DmaAccess access) {
  auto* at = static_cast<std::uint8_t*>(data);
  while (bytes > 0) {
    const std::size_t offset = logical % kPageBytes, n = std::min(bytes, kPageBytes - offset);
    auto mapping = iommu_.find(logical / kPageBytes);
    if (mapping == iommu_.end()) return false;
    const auto allowed = static_cast<unsigned>(mapping->second.access), wanted = static_cast<unsigned>(access);
    if ((allowed & wanted) != wanted) return false;
    auto* memory = static_cast<std::uint8_t*>(page_pointer(mapping->second.physical_page)) + offset;
    if (access == DmaAccess::kWrite) {
      std::memcpy(memory, at, n);
    } else {
      std::memcpy(at, memory, n);
    }
    logical += n;
    at += n;
    bytes -= n;
  }
  return true;
}
bool FakeHardware::dma_write(std::uint64_t logical, const void* data, std::size_t bytes) {
  return dma(logical, const_cast<void*>(data), bytes, DmaAccess::kWrite);
}
bool FakeHardware::dma_read(std::uint64_t logical, void* data, std::size_t bytes) {
  return dma(logical, data, bytes, DmaAccess::kRead);
}

void FakeHardware::stop(std::string_view reason) {
  if (stop_reason_.empty()) stop_reason_ = reason;
  sc_core::sc_stop();
}

}  // namespace p2p::test
