#include "sim/host_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>
#include <numeric>
#include <stdexcept>

#include "sim/hardware.h"
#include "sim/random.h"

namespace p2p::sim {
namespace {

constexpr std::uint64_t kFirstPage = kMemoryBase / kPageBytes;
constexpr std::uint64_t kPermutationStream = 3;

}  // namespace

HostMemory::HostMemory(std::size_t bytes, std::uint64_t seed) {
  const std::size_t count = (bytes + kPageBytes - 1) / kPageBytes;
  if (count == 0 || count > (std::size_t{1} << 31)) throw std::length_error("host memory: 1 to 2^31 pages expected");
  // The same place in every run, if it is free: addresses in a bug check's parameters are the same, too.
  constexpr std::uintptr_t kPlace = 0x2000'0000'0000;
  constexpr int kAccess = PROT_READ | PROT_WRITE, kKind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* arena = mmap(reinterpret_cast<void*>(kPlace), count * kPageBytes, kAccess, kKind | MAP_FIXED_NOREPLACE, -1, 0);
  if (arena == MAP_FAILED) arena = mmap(nullptr, count * kPageBytes, kAccess, kKind, -1, 0);
  if (arena == MAP_FAILED) throw std::bad_alloc();
  arena_ = static_cast<std::byte*>(arena);
  physical_of_.resize(count);
  arena_of_.resize(count);
  std::iota(physical_of_.begin(), physical_of_.end(), 0u);
  Random random(seed, kPermutationStream);
  for (std::size_t i = count - 1; i > 0; --i) std::swap(physical_of_[i], physical_of_[random.below(i + 1)]);
  for (std::size_t i = 0; i < count; ++i) arena_of_[physical_of_[i]] = static_cast<std::uint32_t>(i);
  used_.resize(count);
  dirty_.resize(count);
  free_runs_.emplace(0, count);
  free_pages_ = count;
}

HostMemory::~HostMemory() { munmap(arena_, pages() * kPageBytes); }

void* HostMemory::allocate(std::size_t count) {
  if (count == 0) return nullptr;
  const auto fits =
      std::find_if(free_runs_.begin(), free_runs_.end(), [&](const auto& r) { return r.second >= count; });
  if (fits == free_runs_.end()) return nullptr;
  const auto [first, length] = *fits;
  free_runs_.erase(fits);
  if (length > count) free_runs_.emplace(first + count, length - count);
  free_pages_ -= count;
  for (std::size_t page = first; page < first + count; ++page) {
    if (dirty_[page]) std::memset(arena_ + page * kPageBytes, 0, kPageBytes);
    used_[page] = dirty_[page] = true;
  }
  return arena_ + first * kPageBytes;
}

void HostMemory::free(void* base, std::size_t count) {
  if (count == 0) return;
  const auto offset = static_cast<std::size_t>(static_cast<std::byte*>(base) - arena_);
  if (!contains(base) || offset % kPageBytes != 0 || count > pages() - offset / kPageBytes) {
    throw std::logic_error("host memory: freeing what is not a run of its pages");
  }
  std::size_t first = offset / kPageBytes;
  for (std::size_t page = first; page < first + count; ++page) {
    if (!used_[page]) throw std::logic_error("host memory: freeing a page that is not allocated");
  }
  for (std::size_t page = first; page < first + count; ++page) used_[page] = false;
  free_pages_ += count;
  auto next = free_runs_.lower_bound(first);
  if (next != free_runs_.end() && next->first == first + count) {
    count += next->second;
    next = free_runs_.erase(next);
  }
  if (next != free_runs_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == first) {
      before->second += count;
      return;
    }
  }
  free_runs_.emplace(first, count);
}

bool HostMemory::contains(const void* address) const {
  const auto a = reinterpret_cast<std::uintptr_t>(address);
  const auto base = reinterpret_cast<std::uintptr_t>(arena_);
  return a >= base && a - base < pages() * kPageBytes;
}

std::size_t HostMemory::page_index(const void* address) const {
  return static_cast<std::size_t>(static_cast<const std::byte*>(address) - arena_) / kPageBytes;
}

std::uint64_t HostMemory::physical_page(const void* address) const {
  if (!contains(address)) throw std::logic_error("host memory: physical page of an address outside it");
  return kFirstPage + physical_of_[page_index(address)];
}

std::byte* HostMemory::page_pointer(std::uint64_t physical_page) const {
  if (physical_page < kFirstPage || physical_page - kFirstPage >= pages()) return nullptr;
  return arena_ + arena_of_[physical_page - kFirstPage] * kPageBytes;
}

bool HostMemory::covers(std::uint64_t physical, std::size_t bytes) const {
  const std::uint64_t size = pages() * kPageBytes;
  return physical >= kMemoryBase && physical - kMemoryBase <= size && bytes <= size - (physical - kMemoryBase);
}

bool HostMemory::read(std::uint64_t physical, std::span<std::byte> to) const {
  if (!covers(physical, to.size())) return false;
  while (!to.empty()) {
    const std::size_t offset = physical % kPageBytes;
    const std::size_t piece = std::min(to.size(), kPageBytes - offset);
    std::memcpy(to.data(), page_pointer(physical / kPageBytes) + offset, piece);
    to = to.subspan(piece);
    physical += piece;
  }
  return true;
}

bool HostMemory::write(std::uint64_t physical, std::span<const std::byte> from) {
  if (!covers(physical, from.size())) return false;
  while (!from.empty()) {
    const std::size_t offset = physical % kPageBytes;
    const std::size_t piece = std::min(from.size(), kPageBytes - offset);
    std::memcpy(page_pointer(physical / kPageBytes) + offset, from.data(), piece);
    from = from.subspan(piece);
    physical += piece;
  }
  return true;
}

}  // namespace p2p::sim
