#include "sw/ntos/ddk.h"

#include <cstring>
#include <memory>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"

using namespace p2p;
using hal::Adapter;

namespace {
constexpr std::uint64_t kCommonBufferPage = 0x80000;  // 2 GiB: reachable by 32-bit devices
constexpr ULONG kListTag = 0x4C53474D;

std::map<PDEVICE_OBJECT, unsigned> g_functions;
std::map<std::pair<unsigned, std::uint64_t>, unsigned> g_page_users;  // mapped pages may be shared by transfers
std::uint64_t g_next_common_page = kCommonBufferPage;
struct CommonBuffer {
  Adapter* adapter;
  std::uint64_t logical_page;
  std::size_t pages;
  ULONG length;
};
std::map<void*, CommonBuffer> g_common_buffers;
struct List {
  Adapter* adapter;
  std::vector<std::uint64_t> pages;
};
std::map<PSCATTER_GATHER_LIST, List> g_lists;
std::map<Adapter*, std::deque<hal::Waiting>> g_waiting;

// Released ones too: a later use must be recognised.
std::vector<std::unique_ptr<Adapter>>& all_adapters() {
  static auto* const adapters = new std::vector<std::unique_ptr<Adapter>>;
  return *adapters;
}

void check_irql(KIRQL least, KIRQL most, const char* routine) {
  const KIRQL irql = ke::current_cpu().irql;
  if (irql < least || irql > most) {
    ntos::bug_check(0xE6, 0x13, least == most ? 1 : 2, most, irql, "IrqlDispatch",
                    std::string(routine) + " at the wrong IRQL");  // R-DMA-3
  }
}

Adapter* adapter_of(PDMA_ADAPTER dma) {
  if (dma == nullptr)
    ntos::bug_check(0xE6, 0x19, 0, 0, 0, "DMA adapter", "a DMA routine was called with a NULL adapter");
  auto* adapter = reinterpret_cast<Adapter*>(dma);
  if (adapter->released) {
    ntos::bug_check(0xE6, 0x18, reinterpret_cast<std::uintptr_t>(dma), 0, 0, "DMA adapter",
                    "a released DMA adapter was used");
  }
  return adapter;
}

void map_page(Adapter* adapter, std::uint64_t page) {
  if (g_page_users[{adapter->function, page}]++ == 0) {
    ke::hardware().iommu_map(adapter->function, page, page, DmaAccess::kReadWrite);
  }
}
void unmap_page(Adapter* adapter, std::uint64_t page) {
  if (--g_page_users[{adapter->function, page}] == 0) {
    g_page_users.erase({adapter->function, page});
    ke::hardware().iommu_unmap(adapter->function, page);
  }
}

void NTAPI put_dma_adapter(PDMA_ADAPTER dma) {
  Adapter* adapter = adapter_of(dma);
  check_irql(PASSIVE_LEVEL, DISPATCH_LEVEL, "PutDmaAdapter");
  if (adapter->common_buffers != 0) {
    ntos::bug_check(0xE6, 0x07, 0, adapter->common_buffers, 0, "PutDmaAdapter",
                    "a DMA adapter was released with common buffers outstanding");
  }
  if (adapter->lists != 0) {
    ntos::bug_check(0xE6, 0x0A, 0, adapter->lists, 0, "PutDmaAdapter",
                    "a DMA adapter was released with scatter/gather lists outstanding");
  }
  adapter->released = true;  // kept, so that a later use is recognised
}

PVOID NTAPI allocate_common_buffer(PDMA_ADAPTER dma, ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN cached) {
  UNREFERENCED_PARAMETER(cached);
  Adapter* adapter = adapter_of(dma);
  check_irql(PASSIVE_LEVEL, PASSIVE_LEVEL, "AllocateCommonBuffer");
  const std::size_t pages = (length + PAGE_SIZE - 1) / PAGE_SIZE;
  void* base = ke::hardware().allocate_pages(pages);
  if (base == nullptr || length == 0) return nullptr;
  const std::uint64_t first = g_next_common_page;
  g_next_common_page += pages + 1;  // a page between buffers stays unmapped: overruns fault
  for (std::size_t i = 0; i < pages; ++i) {
    ke::hardware().iommu_map(adapter->function, first + i,
                             ke::hardware().physical_page(static_cast<char*>(base) + i * PAGE_SIZE),
                             DmaAccess::kReadWrite);
  }
  g_common_buffers[base] = {adapter, first, pages, length};
  ++adapter->common_buffers;
  logical->QuadPart = static_cast<LONGLONG>(first * PAGE_SIZE);
  return base;
}

void NTAPI free_common_buffer(PDMA_ADAPTER dma, ULONG length, PHYSICAL_ADDRESS logical, PVOID address, BOOLEAN cached) {
  UNREFERENCED_PARAMETER(cached);
  Adapter* adapter = adapter_of(dma);
  check_irql(PASSIVE_LEVEL, PASSIVE_LEVEL, "FreeCommonBuffer");
  auto found = g_common_buffers.find(address);
  if (found == g_common_buffers.end() || found->second.adapter != adapter || found->second.length != length ||
      found->second.logical_page * PAGE_SIZE != static_cast<std::uint64_t>(logical.QuadPart)) {
    ntos::bug_check(0xE6, 0x03, reinterpret_cast<std::uintptr_t>(address), length, 0, "FreeCommonBuffer",
                    "FreeCommonBuffer of a buffer that is not allocated, or with other arguments");  // R-DMA-8
  }
  for (std::size_t i = 0; i < found->second.pages; ++i) {
    ke::hardware().iommu_unmap(adapter->function, found->second.logical_page + i);
  }
  ke::hardware().free_pages(address, found->second.pages);
  g_common_buffers.erase(found);
  --adapter->common_buffers;
}

/// Builds the list of `length` bytes at `current_va` in the MDL chain, one element for each physically contiguous run.
PSCATTER_GATHER_LIST build_list(Adapter* adapter, PMDL mdl, const char* current_va, ULONG length) {
  std::vector<SCATTER_GATHER_ELEMENT> elements;
  List list{adapter, {}};
  auto offset = static_cast<std::size_t>(current_va - static_cast<const char*>(MmGetMdlVirtualAddress(mdl)));
  while (length != 0 && mdl != nullptr) {
    std::size_t at = mdl->ByteOffset + offset;
    std::size_t left = mdl->ByteCount - offset;
    while (left != 0 && length != 0) {
      const std::uint64_t page = MmGetMdlPfnArray(mdl)[at / PAGE_SIZE];
      const std::size_t in_page = at % PAGE_SIZE;
      std::size_t piece = PAGE_SIZE - in_page;
      if (piece > left) piece = left;
      if (piece > length) piece = length;
      list.pages.push_back(page);
      const std::uint64_t address = page * PAGE_SIZE + in_page;
      if (!elements.empty() &&
          static_cast<std::uint64_t>(elements.back().Address.QuadPart) + elements.back().Length == address) {
        elements.back().Length += static_cast<ULONG>(piece);
      } else {
        SCATTER_GATHER_ELEMENT element{};
        element.Address.QuadPart = static_cast<LONGLONG>(address);
        element.Length = static_cast<ULONG>(piece);
        elements.push_back(element);
      }
      at += piece;
      left -= piece;
      length -= static_cast<ULONG>(piece);
    }
    mdl = mdl->Next;
    offset = 0;
  }
  if (length != 0) {
    ntos::bug_check(0xE6, 0x24, length, 0, 0, "GetScatterGatherList", "a DMA transfer is longer than its MDLs");
  }
  const std::size_t bytes = sizeof(SCATTER_GATHER_LIST) + elements.size() * sizeof(SCATTER_GATHER_ELEMENT);
  auto* sg = static_cast<PSCATTER_GATHER_LIST>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kListTag));
  if (sg == nullptr) return nullptr;
  sg->NumberOfElements = static_cast<ULONG>(elements.size());
  std::memcpy(sg->Elements, elements.data(), elements.size() * sizeof(SCATTER_GATHER_ELEMENT));
  for (std::uint64_t page : list.pages) map_page(adapter, page);
  adapter->map_registers_used += static_cast<ULONG>(list.pages.size());
  ++adapter->lists;
  g_lists[sg] = std::move(list);
  return sg;
}

// R-DMA-4.
NTSTATUS NTAPI get_scatter_gather_list(PDMA_ADAPTER dma, PDEVICE_OBJECT device, PMDL mdl, PVOID current_va,
                                       ULONG length, PDRIVER_LIST_CONTROL routine, PVOID context,
                                       BOOLEAN write_to_device) {
  UNREFERENCED_PARAMETER(write_to_device);
  Adapter* adapter = adapter_of(dma);
  check_irql(DISPATCH_LEVEL, DISPATCH_LEVEL, "GetScatterGatherList");
  if ((mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)) == 0) {
    ntos::bug_check(0xE6, 0x0E, reinterpret_cast<std::uintptr_t>(mdl), 0, 0, "GetScatterGatherList",
                    "DMA on a buffer whose pages are not locked");
  }
  const ULONG pages = static_cast<ULONG>(ADDRESS_AND_SIZE_TO_SPAN_PAGES(current_va, length));
  if (pages > adapter->map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  auto start = [=] {
    PSCATTER_GATHER_LIST list = build_list(adapter, mdl, static_cast<const char*>(current_va), length);
    routine(device, device->CurrentIrp, list, context);
  };
  if (!g_waiting[adapter].empty() || adapter->map_registers_used + pages > adapter->map_registers) {
    g_waiting[adapter].push_back({pages, start});
    return STATUS_SUCCESS;
  }
  PSCATTER_GATHER_LIST list = build_list(adapter, mdl, static_cast<const char*>(current_va), length);
  if (list == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  routine(device, device->CurrentIrp, list, context);
  return STATUS_SUCCESS;
}

void NTAPI put_scatter_gather_list(PDMA_ADAPTER dma, PSCATTER_GATHER_LIST sg, BOOLEAN write_to_device) {
  UNREFERENCED_PARAMETER(write_to_device);
  Adapter* adapter = adapter_of(dma);
  check_irql(DISPATCH_LEVEL, DISPATCH_LEVEL, "PutScatterGatherList");
  auto found = g_lists.find(sg);
  if (found == g_lists.end() || found->second.adapter != adapter) {
    ntos::bug_check(0xE6, 0x06, 0, 0, 0, "PutScatterGatherList",
                    "a scatter/gather list was freed twice, or by another adapter");
  }
  for (std::uint64_t page : found->second.pages) unmap_page(adapter, page);
  adapter->map_registers_used -= static_cast<ULONG>(found->second.pages.size());
  --adapter->lists;
  g_lists.erase(found);
  ExFreePoolWithTag(sg, kListTag);
  std::deque<hal::Waiting>& queue = g_waiting[adapter];
  while (!queue.empty() && adapter->map_registers_used + queue.front().pages <= adapter->map_registers) {
    const std::function<void()> start = std::move(queue.front().start);
    queue.pop_front();
    start();
  }
}

ULONG NTAPI get_dma_alignment(PDMA_ADAPTER dma) {
  adapter_of(dma);
  return 1;
}

ULONG NTAPI read_dma_counter(PDMA_ADAPTER dma) {
  adapter_of(dma);
  return 0;  // a bus master counts for itself
}

// Packet DMA by map registers comes with a later version; a driver that needs it learns so from the status.
NTSTATUS NTAPI allocate_adapter_channel(PDMA_ADAPTER dma, PDEVICE_OBJECT device, ULONG registers,
                                        PDRIVER_CONTROL routine, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(registers);
  UNREFERENCED_PARAMETER(routine);
  UNREFERENCED_PARAMETER(context);
  adapter_of(dma);
  return STATUS_NOT_IMPLEMENTED;
}

DMA_OPERATIONS g_operations;
}  // namespace

namespace p2p::hal {
void set_function_of(PDEVICE_OBJECT pdo, unsigned function) { g_functions[pdo] = function; }
bool function_of(PDEVICE_OBJECT pdo, unsigned* function) {
  auto found = g_functions.find(pdo);
  if (found == g_functions.end()) return false;
  *function = found->second;
  return true;
}
void reset() {
  g_functions.clear();
  g_page_users.clear();
  g_common_buffers.clear();
  g_lists.clear();
  g_waiting.clear();
  g_next_common_page = kCommonBufferPage;
}
}  // namespace p2p::hal

extern "C" {

// R-DMA-1.
PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_DESCRIPTION DeviceDescription,
                                   PULONG NumberOfMapRegisters) {
  check_irql(PASSIVE_LEVEL, PASSIVE_LEVEL, "IoGetDmaAdapter");
  unsigned function = 0;
  if (DeviceDescription->Version > DEVICE_DESCRIPTION_VERSION2) return nullptr;
  if (!DeviceDescription->Master || !hal::function_of(PhysicalDeviceObject, &function)) return nullptr;
  g_operations.Size = sizeof g_operations;
  g_operations.PutDmaAdapter = put_dma_adapter;
  g_operations.AllocateCommonBuffer = allocate_common_buffer;
  g_operations.FreeCommonBuffer = free_common_buffer;
  g_operations.AllocateAdapterChannel = allocate_adapter_channel;
  g_operations.GetDmaAlignment = get_dma_alignment;
  g_operations.ReadDmaCounter = read_dma_counter;
  g_operations.GetScatterGatherList = get_scatter_gather_list;
  g_operations.PutScatterGatherList = put_scatter_gather_list;
  auto* adapter = all_adapters().emplace_back(std::make_unique<Adapter>()).get();
  adapter->dma.Version = 1;
  adapter->dma.Size = sizeof(DMA_ADAPTER);
  adapter->dma.DmaOperations = &g_operations;
  adapter->function = function;
  const ULONG wanted = static_cast<ULONG>(DeviceDescription->MaximumLength / PAGE_SIZE) + 2;
  adapter->map_registers = ke::state().config.map_registers;
  *NumberOfMapRegisters = wanted < adapter->map_registers ? wanted : adapter->map_registers;
  return &adapter->dma;
}

}  // extern "C"
