// Common buffers: memory that CPU and device share, contiguous for both (R-DMA-8).
#include "sw/ntos/ddk.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/hal/map_registers.h"
#include "sw/ntos/hal/mapping_events.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/verify.h"

namespace p2p::hal {

namespace {
constexpr std::uint64_t kFirstPage = 0x80000, kEndPage = 0xC0000;  // from 2 GiB: every device reaches it

struct CommonBuffer {
  Adapter* adapter;
  std::uint64_t logical_page;
  std::size_t pages;
  ULONG length;
  bool fenced;            // a page before it and one behind it hold what nobody may write
  std::uint64_t mapping;  // its number in events
};
struct CommonBuffers {
  std::map<void*, CommonBuffer> live;
  LogicalSpace space{kFirstPage, kEndPage};
};
CommonBuffers& buffers() {
  static auto* const state = new CommonBuffers;
  return *state;
}

// The Verifier's: a tag at each end of the buffer, padding from there to the end of the fence. A device reaches what is
// left of the buffer's last page.
constexpr std::array<char, 8> kTag = {'D', 'm', 'a', 'V', 'r', 'f', 'y', '0'};
constexpr char kPadding = 0x0F;

struct Fence {
  char *before, *before_tag, *after_tag, *after, *end;
};
Fence fence_of(void* base, const CommonBuffer& buffer) {
  char* start = static_cast<char*>(base);
  char* after_tag = start + buffer.length;
  return {start - PAGE_SIZE, start - kTag.size(), after_tag, after_tag + kTag.size(),
          start + (buffer.pages + 1) * PAGE_SIZE};
}

void write_fence(void* base, const CommonBuffer& buffer) {
  const Fence fence = fence_of(base, buffer);
  std::fill(fence.before, fence.before_tag, kPadding);
  std::copy(kTag.begin(), kTag.end(), fence.before_tag);
  std::copy(kTag.begin(), kTag.end(), fence.after_tag);
  std::fill(fence.after, fence.end, kPadding);
}

void check_fence(void* base, const CommonBuffer& buffer) {
  const Fence fence = fence_of(base, buffer);
  const auto start = ke::value_of(base);
  const auto check_tag = [&](const char* tag, std::uint64_t which, const char* message) {
    verify_dma(std::equal(kTag.begin(), kTag.end(), tag), 0x0F, which, buffer.length, start, "FreeCommonBuffer",
               message);
  };
  const auto check_padding = [&](const char* from, const char* to, std::uint64_t which, const char* message) {
    const char* written = std::find_if(from, to, [](char byte) { return byte != kPadding; });
    verify_dma(written == to, 0x0F, which, start, ke::value_of(written), "FreeCommonBuffer", message);
  };
  check_tag(fence.before_tag, 1, "a common buffer was written before its beginning");
  check_tag(fence.after_tag, 2, "a common buffer was written beyond its end");
  check_padding(fence.before, fence.before_tag, 4, "memory well before a common buffer was written");
  check_padding(fence.after, fence.end, 5, "memory well behind a common buffer was written");
}

/// `pages`, between two more if the Verifier is on and there are any.
void* take_pages(std::size_t pages, bool* fenced) {
  void* all = ntos::verifier_enabled() ? ke::hardware().allocate_pages(pages + 2) : nullptr;
  *fenced = all != nullptr;
  return *fenced ? static_cast<char*>(all) + PAGE_SIZE : ke::hardware().allocate_pages(pages);
}
void give_back_pages(void* base, const CommonBuffer& buffer) {
  char* first = static_cast<char*>(base) - (buffer.fenced ? PAGE_SIZE : 0);
  ke::hardware().free_pages(first, buffer.pages + (buffer.fenced ? 2 : 0));
}
}  // namespace

PVOID NTAPI allocate_common_buffer(PDMA_ADAPTER dma, ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN cached) {
  UNREFERENCED_PARAMETER(cached);
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("AllocateCommonBuffer");
  const std::size_t pages = (std::size_t{length} + PAGE_SIZE - 1) / PAGE_SIZE;
  if (length == 0 || ex::refuse_allocation("AllocateCommonBuffer")) return nullptr;
  const std::uint64_t first = buffers().space.allocate(pages);
  if (first == 0) return nullptr;
  bool fenced = false;
  void* base = take_pages(pages, &fenced);
  if (base == nullptr) {
    buffers().space.free(first);
    return nullptr;
  }
  for (std::size_t i = 0; i < pages; ++i) {
    ke::hardware().iommu_map(adapter->function, first + i,
                             ke::hardware().physical_page(static_cast<char*>(base) + i * PAGE_SIZE),
                             DmaAccess::kReadWrite);
  }
  const std::uint64_t mapping = tell_mapped("common buffer", first * PAGE_SIZE, length, false, nullptr);
  const CommonBuffer& buffer = buffers().live[base] = {adapter, first, pages, length, fenced, mapping};
  if (fenced) write_fence(base, buffer);
  ++adapter->common_buffers;
  logical->QuadPart = static_cast<LONGLONG>(first * PAGE_SIZE);
  return base;
}

void NTAPI free_common_buffer(PDMA_ADAPTER dma, ULONG length, PHYSICAL_ADDRESS logical, PVOID address, BOOLEAN cached) {
  UNREFERENCED_PARAMETER(cached);
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("FreeCommonBuffer");
  auto found = buffers().live.find(address);
  if (found == buffers().live.end() || found->second.adapter != adapter || found->second.length != length ||
      found->second.logical_page * PAGE_SIZE != static_cast<std::uint64_t>(logical.QuadPart)) {
    ntos::bug_check(0xE6, 0x03, ke::value_of(address), length, 0, "FreeCommonBuffer",
                    "FreeCommonBuffer of a buffer that is not allocated, or with other arguments");
  }
  const CommonBuffer buffer = found->second;
  if (buffer.fenced) check_fence(address, buffer);
  buffers().live.erase(found);
  for (std::size_t i = 0; i < buffer.pages; ++i) {
    ke::hardware().iommu_unmap(adapter->function, buffer.logical_page + i);
  }
  tell_unmapped(buffer.mapping);
  give_back_pages(address, buffer);
  buffers().space.free(buffer.logical_page);
  --adapter->common_buffers;
}

}  // namespace p2p::hal
