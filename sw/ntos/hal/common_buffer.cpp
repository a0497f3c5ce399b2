// Common buffers: memory that CPU and device share, contiguous for both (R-DMA-8).
#include "sw/ntos/ddk.h"

#include <map>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/hal/map_registers.h"
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
};
struct CommonBuffers {
  std::map<void*, CommonBuffer> live;
  LogicalSpace space{kFirstPage, kEndPage};
};
CommonBuffers& buffers() {
  static auto* const state = new CommonBuffers;
  return *state;
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
  void* base = ke::hardware().allocate_pages(pages);
  if (base == nullptr) {
    buffers().space.free(first);
    return nullptr;
  }
  for (std::size_t i = 0; i < pages; ++i) {
    ke::hardware().iommu_map(adapter->function, first + i,
                             ke::hardware().physical_page(static_cast<char*>(base) + i * PAGE_SIZE),
                             DmaAccess::kReadWrite);
  }
  buffers().live[base] = {adapter, first, pages, length};
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
  buffers().live.erase(found);
  for (std::size_t i = 0; i < buffer.pages; ++i) {
    ke::hardware().iommu_unmap(adapter->function, buffer.logical_page + i);
  }
  ke::hardware().free_pages(address, buffer.pages);
  buffers().space.free(buffer.logical_page);
  --adapter->common_buffers;
}

}  // namespace p2p::hal
