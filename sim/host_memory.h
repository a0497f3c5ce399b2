// Simulated DRAM. One arena of anonymous memory: pages handed out together are contiguous in CPU virtual address, while
// their physical page numbers are scattered by a seeded permutation, so that a driver that forgets scatter/gather
// fails. No memory is aliased: a fork of the process gets its own copy on write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace p2p::sim {

/// Physical address of the first byte of DRAM: above 4 GiB, so that truncated addresses show.
constexpr std::uint64_t kMemoryBase = std::uint64_t{4} << 30;

class HostMemory {
 public:
  /// `bytes` is rounded up to whole pages; backed lazily. Throws std::bad_alloc, or std::length_error above 2^31 pages.
  HostMemory(std::size_t bytes, std::uint64_t seed);
  ~HostMemory();
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  std::size_t pages() const { return physical_of_.size(); }
  std::size_t free_pages_left() const { return free_pages_; }

  /// `count` zeroed pages, contiguous in CPU virtual address; nullptr when no such run is left or count is 0.
  void* allocate(std::size_t count);
  /// `base` and `count` as they were allocated, or whole pages of it. Throws std::logic_error if any page is not
  /// allocated.
  void free(void* base, std::size_t count);

  bool contains(const void* address) const;
  /// Page number of an address that contains() accepts.
  std::uint64_t physical_page(const void* address) const;
  /// nullptr if there is no such page.
  std::byte* page_pointer(std::uint64_t physical_page) const;

  /// Copies between physical memory and a buffer; false, and nothing copied, if any byte is outside memory.
  bool read(std::uint64_t physical, std::span<std::byte> to) const;
  bool write(std::uint64_t physical, std::span<const std::byte> from);

 private:
  std::size_t page_index(const void* address) const;
  bool covers(std::uint64_t physical, std::size_t bytes) const;

  std::byte* arena_ = nullptr;
  std::vector<std::uint32_t> physical_of_;        // arena page -> physical page - first
  std::vector<std::uint32_t> arena_of_;           // the inverse
  std::vector<bool> used_;                        // allocated now
  std::vector<bool> dirty_;                       // was allocated before: must be zeroed
  std::map<std::size_t, std::size_t> free_runs_;  // first arena page -> pages; first fit
  std::size_t free_pages_ = 0;
};

}  // namespace p2p::sim
