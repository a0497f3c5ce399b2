// Map registers, and pages mapped for a device. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sw/ntos/hal/dma_adapter.h"

namespace p2p::hal {

/// A page the device may reach, and what part of it a transfer is about.
struct MappedPage {
  std::uint64_t physical = 0;  // page of the buffer
  std::uint64_t logical = 0;   // page the device sees
  void* bounce = nullptr;      // copy of the page the device sees instead; nullptr if it sees the buffer
  std::uint32_t from = 0, bytes = 0;
};

/// Ranges of logical pages in use; each is followed by a page that nothing is mapped to, so that overruns fault.
class LogicalSpace {
 public:
  LogicalSpace(std::uint64_t first, std::uint64_t end) : first_(first), end_(end) {}
  /// Lowest free range; 0 if there is none.
  std::uint64_t allocate(std::uint64_t pages);
  void free(std::uint64_t first) { used_.erase(first); }

 private:
  std::uint64_t first_, end_;
  std::map<std::uint64_t, std::uint64_t> used_;  // first page to count
};

/// Takes `count` registers, neighbours if `contiguous`; false if that many are not free.
bool take_registers(Adapter* adapter, ULONG count, bool contiguous, std::vector<ULONG>* taken);
void give_back_registers(Adapter* adapter, const std::vector<ULONG>& registers);

/// Pages for copies, reserved before a transfer waits for its registers: once it is accepted it has what it needs.
using Copies = std::vector<void*>;
/// Does the device see a copy of this page, because it does not reach it or `dma_bounce` is on?
bool needs_copy(const Adapter* adapter, std::uint64_t physical_page);
/// May it need a copy of some page?
bool may_need_copies(const Adapter* adapter);
/// All `count` pages, or none and false.
bool reserve_copies(std::size_t count, Copies* copies);
void free_copies(Copies* copies);

/// Maps `bytes` at `from` in a physical page for one direction. Uses `map_register` as the page's logical address if
/// the device sees a copy, which comes out of `copies`, or if `remap`.
void map_page(Adapter* adapter, MappedPage* page, ULONG map_register, bool write_to_device, bool remap, Copies* copies);
/// The transfer is over: what the device wrote to a copy is copied to the buffer, the copy goes back to `copies`, and
/// the mapping is gone.
void unmap_page(Adapter* adapter, const MappedPage& page, bool write_to_device, Copies* copies);

/// Queues a request and runs what can run, in order. DISPATCH_LEVEL.
void enqueue(Adapter* adapter, Waiting request);
/// Registers or the channel became free.
void pump(Adapter* adapter);

}  // namespace p2p::hal
