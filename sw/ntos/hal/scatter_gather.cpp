// Scatter/gather lists (R-DMA-4 to R-DMA-6).
#include "sw/ntos/ddk.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/hal/map_registers.h"
#include "sw/ntos/hal/mapping_events.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/verify.h"
#include "sw/ntos/mm/mdl.h"

namespace p2p::hal {

namespace {
using ke::value_of;

constexpr ULONG kListTag = 0x4C53474D;  // "MGSL"

struct List {
  Adapter* adapter;
  std::vector<ULONG> registers;
  std::vector<MappedPage> pages;
  Copies copies;  // reserved and not in use
  bool write_to_device;
  bool from_pool;             // made by GetScatterGatherList, not in the driver's buffer
  PMDL mdl;                   // where it begins
  std::uint64_t mapping = 0;  // its number in events
};
std::map<PSCATTER_GATHER_LIST, List>& lists() {
  static auto* const all = new std::map<PSCATTER_GATHER_LIST, List>;
  return *all;
}

struct Request {
  Adapter* adapter;
  PDEVICE_OBJECT device;
  PMDL mdl;
  PDRIVER_LIST_CONTROL routine;
  PVOID context;
  bool write_to_device;
};

std::size_t list_bytes(std::size_t elements) {
  return sizeof(SCATTER_GATHER_LIST) + elements * sizeof(SCATTER_GATHER_ELEMENT);
}

/// The pages of `length` bytes at `current_va` of an MDL chain. False if the chain is shorter.
bool collect(PMDL mdl, const void* current_va, ULONG length, std::vector<MappedPage>* pages) {
  verify_dma(mm::has_pages(mdl), 0x0E, value_of(mdl), 0, 0, "GetScatterGatherList",
             "DMA on a buffer whose pages are not locked");
  // R-DMA-9: an index into the first MDL.
  const auto start = static_cast<const char*>(current_va) - static_cast<const char*>(MmGetMdlVirtualAddress(mdl));
  verify_dma(start >= 0 && static_cast<std::size_t>(start) < mdl->ByteCount, 0x1B, value_of(current_va), value_of(mdl),
             0, "GetScatterGatherList", "the address of a DMA transfer lies outside its MDL");
  auto offset = static_cast<std::size_t>(start);
  for (; length != 0 && mdl != nullptr; mdl = mdl->Next, offset = 0) {
    std::size_t at = mdl->ByteOffset + offset, left = mdl->ByteCount - offset;
    while (left != 0 && length != 0) {
      MappedPage page;
      page.physical = MmGetMdlPfnArray(mdl)[at / PAGE_SIZE];
      page.from = static_cast<std::uint32_t>(at % PAGE_SIZE);
      page.bytes = static_cast<std::uint32_t>(std::min<std::size_t>({PAGE_SIZE - page.from, left, length}));
      at += page.bytes;
      left -= page.bytes;
      length -= page.bytes;
      pages->push_back(page);
    }
  }
  verify_dma(length == 0, 0x24, length, 0, 0, "GetScatterGatherList", "a DMA transfer is longer than its MDLs");
  return length == 0;
}

/// Maps the pages and writes the elements, one for each run of neighbours (R-DMA-5).
void fill(PSCATTER_GATHER_LIST sg, List* list) {
  sg->NumberOfElements = 0;
  sg->Reserved = 0;
  SCATTER_GATHER_ELEMENT* last = nullptr;
  for (std::size_t i = 0; i < list->pages.size(); ++i) {
    MappedPage& page = list->pages[i];
    map_page(list->adapter, &page, list->registers[i], list->write_to_device, false, &list->copies);
    const auto address = static_cast<LONGLONG>(page.logical * PAGE_SIZE + page.from);
    if (last != nullptr && last->Address.QuadPart + last->Length == address) {
      last->Length += page.bytes;
      continue;
    }
    last = &sg->Elements[sg->NumberOfElements++];
    *last = {};
    last->Address.QuadPart = address;
    last->Length = page.bytes;
  }
}

/// Reserves copies, waits for registers, then calls the routine with the list. `sg` has room for an element a page.
/// STATUS_INSUFFICIENT_RESOURCES without memory for copies: nothing waits then.
NTSTATUS start(const Request& request, PSCATTER_GATHER_LIST sg, bool from_pool, std::vector<MappedPage> pages) {
  Adapter* adapter = request.adapter;
  const auto registers = static_cast<ULONG>(pages.size());
  List list{adapter, {}, std::move(pages), {}, request.write_to_device, from_pool, request.mdl};
  const auto copies = std::count_if(list.pages.begin(), list.pages.end(),
                                    [adapter](const MappedPage& page) { return needs_copy(adapter, page.physical); });
  if (!reserve_copies(static_cast<std::size_t>(copies), &list.copies)) return STATUS_INSUFFICIENT_RESOURCES;
  ++adapter->lists;
  enqueue(adapter, {registers, nullptr, [request, sg, list = std::move(list)](std::vector<ULONG> taken) mutable {
                      list.registers = std::move(taken);
                      fill(sg, &list);
                      list.mapping = tell_mapped("list", list.pages, list.write_to_device, list.mdl);
                      lists()[sg] = std::move(list);
                      request.routine(request.device, request.device->CurrentIrp, sg, request.context);
                    }});
  return STATUS_SUCCESS;
}
}  // namespace

NTSTATUS NTAPI get_scatter_gather_list(PDMA_ADAPTER dma, PDEVICE_OBJECT device, PMDL mdl, PVOID current_va,
                                       ULONG length, PDRIVER_LIST_CONTROL routine, PVOID context,
                                       BOOLEAN write_to_device) {
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("GetScatterGatherList");
  std::vector<MappedPage> pages;
  if (!collect(mdl, current_va, length, &pages)) return STATUS_BUFFER_TOO_SMALL;
  if (pages.size() > adapter->map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  auto* sg =
      static_cast<PSCATTER_GATHER_LIST>(ExAllocatePool2(POOL_FLAG_NON_PAGED, list_bytes(pages.size()), kListTag));
  if (sg == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const NTSTATUS status =
      start({adapter, device, mdl, routine, context, write_to_device != FALSE}, sg, true, std::move(pages));
  if (!NT_SUCCESS(status)) ExFreePoolWithTag(sg, kListTag);
  return status;
}

void NTAPI put_scatter_gather_list(PDMA_ADAPTER dma, PSCATTER_GATHER_LIST sg, BOOLEAN write_to_device) {
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("PutScatterGatherList");
  auto found = lists().find(sg);
  if (found == lists().end() || found->second.adapter != adapter) {
    ntos::bug_check(0xE6, 0x06, 0, 0, 0, "PutScatterGatherList",
                    "a scatter/gather list was freed twice, or by another adapter");
  }
  List list = std::move(found->second);
  lists().erase(found);
  verify_dma(list.write_to_device == (write_to_device != FALSE), 0x16, value_of(sg), 0, 0, "PutScatterGatherList",
             "a scatter/gather list was put for the other direction than it was got for");
  for (const MappedPage& page : list.pages) unmap_page(adapter, page, list.write_to_device, &list.copies);
  tell_unmapped(list.mapping);
  free_copies(&list.copies);
  if (list.from_pool) ExFreePoolWithTag(sg, kListTag);
  give_back_registers(adapter, list.registers);
  --adapter->lists;
  pump(adapter);
}

NTSTATUS NTAPI calculate_scatter_gather_list(PDMA_ADAPTER dma, PMDL mdl, PVOID current_va, ULONG length, PULONG bytes,
                                             PULONG registers) {
  const Adapter* adapter = adapter_of(dma);
  check_dma_irql("CalculateScatterGatherList");
  std::size_t count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(current_va, length);
  if (mdl != nullptr) {
    std::vector<MappedPage> pages;
    if (!collect(mdl, current_va, length, &pages)) return STATUS_BUFFER_TOO_SMALL;
    count = pages.size();
  }
  if (count > adapter->map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  *bytes = static_cast<ULONG>(list_bytes(count));
  if (registers != nullptr) *registers = static_cast<ULONG>(count);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI build_scatter_gather_list(PDMA_ADAPTER dma, PDEVICE_OBJECT device, PMDL mdl, PVOID current_va,
                                         ULONG length, PDRIVER_LIST_CONTROL routine, PVOID context,
                                         BOOLEAN write_to_device, PVOID buffer, ULONG buffer_bytes) {
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("BuildScatterGatherList");
  std::vector<MappedPage> pages;
  if (!collect(mdl, current_va, length, &pages)) return STATUS_BUFFER_TOO_SMALL;
  if (pages.size() > adapter->map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  if (buffer_bytes < list_bytes(pages.size())) return STATUS_BUFFER_TOO_SMALL;
  return start({adapter, device, mdl, routine, context, write_to_device != FALSE},
               static_cast<PSCATTER_GATHER_LIST>(buffer), false, std::move(pages));
}

// The buffer as the device sees it: the original, unless part of it is a copy, which has no MDL here.
NTSTATUS NTAPI build_mdl_from_scatter_gather_list(PDMA_ADAPTER dma, PSCATTER_GATHER_LIST sg, PMDL original,
                                                  PMDL* target) {
  adapter_of(dma);
  check_dma_irql("BuildMdlFromScatterGatherList");
  auto found = lists().find(sg);
  if (found == lists().end()) return STATUS_INVALID_PARAMETER;
  for (const MappedPage& page : found->second.pages) {
    if (page.bounce != nullptr) return STATUS_NOT_SUPPORTED;
  }
  *target = original;
  return STATUS_SUCCESS;
}

}  // namespace p2p::hal
