// Adapter objects: IoGetDmaAdapter, PutDmaAdapter and what all operations check.
#include "sw/ntos/ddk.h"

#include <algorithm>
#include <map>
#include <string>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/hal/map_registers.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/verify.h"
#include "sw/ntos/verifier/irql_rules.h"

namespace p2p::hal {

namespace {
using ke::value_of;

// Logical pages of map registers: below 4 GiB, so that every device reaches them.
constexpr std::uint64_t kFirstPage = 0xC0000, kEndPage = 0x100000;

struct Adapters {
  std::map<PDEVICE_OBJECT, unsigned> functions;
  std::deque<Adapter> all;  // as long as the kernel lives, so that a late use of a released one is recognised
  LogicalSpace space{kFirstPage, kEndPage};
};
Adapters& adapters() {  // never destroyed: fibers outlive main()
  static auto* const state = new Adapters;
  return *state;
}

// R-DMA-2.
void NTAPI put_dma_adapter(PDMA_ADAPTER dma) {
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("PutDmaAdapter");
  constexpr std::string_view kRule = "PutDmaAdapter";
  verify_dma(adapter->common_buffers == 0, 0x07, value_of(dma), adapter->common_buffers, 0, kRule,
             "a DMA adapter was released with common buffers outstanding");
  const auto channels = std::count_if(adapter->waiting.begin(), adapter->waiting.end(),
                                      [](const Waiting& request) { return request.channel_for != nullptr; }) +
                        (adapter->channel_busy ? 1 : 0);
  verify_dma(channels == 0, 0x08, value_of(dma), static_cast<std::uint64_t>(channels), 0, kRule,
             "a DMA adapter was released with its channel allocated, or waited for");
  verify_dma(adapter->allocations == 0, 0x09, value_of(dma), adapter->allocations, 0, kRule,
             "a DMA adapter was released with map registers outstanding");
  verify_dma(adapter->lists == 0, 0x0A, value_of(dma), adapter->lists, 0, kRule,
             "a DMA adapter was released with scatter/gather lists outstanding");
  adapter->released = true;
  adapters().space.free(adapter->first_logical);
  adapter->free_registers.clear();
}

ULONG NTAPI get_dma_alignment(PDMA_ADAPTER dma) {
  adapter_of(dma);
  check_dma_irql("GetDmaAlignment");
  return 1;
}

ULONG NTAPI read_dma_counter(PDMA_ADAPTER dma) {
  adapter_of(dma);
  check_dma_irql("ReadDmaCounter");
  return 0;  // a bus master counts for itself
}

DMA_OPERATIONS g_operations = {sizeof(DMA_OPERATIONS),
                               put_dma_adapter,
                               allocate_common_buffer,
                               free_common_buffer,
                               allocate_adapter_channel,
                               flush_adapter_buffers,
                               free_adapter_channel,
                               free_map_registers,
                               map_transfer,
                               get_dma_alignment,
                               read_dma_counter,
                               get_scatter_gather_list,
                               put_scatter_gather_list,
                               calculate_scatter_gather_list,
                               build_scatter_gather_list,
                               build_mdl_from_scatter_gather_list};
}  // namespace

void verify_dma(bool holds, std::uint64_t sub_code, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
                std::string_view rule, std::string_view message) {
  if (!holds && ntos::verifier_enabled()) ntos::bug_check(0xE6, sub_code, p2, p3, p4, rule, message);
}

void check_dma_irql(std::string_view routine) {
  const verifier::IrqlRule& rule = *verifier::find_irql_rule(routine);
  const KIRQL irql = ke::current_cpu().irql;
  verify_dma(irql >= rule.lowest && irql <= rule.highest, 0x13, rule.lowest == rule.highest ? 1 : 2, rule.highest, irql,
             "IrqlDispatch", std::string(routine) + " at the wrong IRQL");
}

Adapter* adapter_of(PDMA_ADAPTER dma) {
  if (dma == nullptr) {
    ntos::bug_check(0xE6, 0x19, 0, 0, 0, "DMA adapter", "a DMA routine was called with a NULL adapter");
  }
  auto* adapter = reinterpret_cast<Adapter*>(dma);
  if (adapter->released) {
    ntos::bug_check(0xE6, 0x18, value_of(dma), 0, 0, "DMA adapter", "a released DMA adapter was used");
  }
  return adapter;
}

void set_function_of(PDEVICE_OBJECT pdo, unsigned function) { adapters().functions[pdo] = function; }
bool function_of(PDEVICE_OBJECT pdo, unsigned* function) {
  auto found = adapters().functions.find(pdo);
  if (found == adapters().functions.end()) return false;
  *function = found->second;
  return true;
}

void forget_device(PDEVICE_OBJECT pdo) {
  for (const Adapter& adapter : adapters().all) {
    verify_dma(adapter.pdo != pdo || adapter.released, 0x11, value_of(&adapter), 1, 0, "PutDmaAdapter",
               "a device was removed with a DMA adapter not released");
  }
  adapters().functions.erase(pdo);
  for (Adapter& adapter : adapters().all) {
    if (adapter.pdo == pdo) adapter.pdo = nullptr;  // the next device may have the same address
  }
}

}  // namespace p2p::hal

using namespace p2p;

extern "C" {

// R-DMA-1. NULL if the device is no bus master, or for a description this machine does not support.
PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_DESCRIPTION DeviceDescription,
                                   PULONG NumberOfMapRegisters) {
  constexpr ULONG kVersion3 = 3;
  hal::verify_dma(DeviceDescription->Version <= kVersion3, 0x25, DeviceDescription->Version, 0, 0, "IoGetDmaAdapter",
                  "a DEVICE_DESCRIPTION has no valid version");
  if (DeviceDescription->Version > DEVICE_DESCRIPTION_VERSION2) return nullptr;
  unsigned function = 0;
  if (!DeviceDescription->Master || !hal::function_of(PhysicalDeviceObject, &function)) return nullptr;
  if (ex::refuse_allocation("IoGetDmaAdapter")) return nullptr;
  const ULONG limit = ke::state().config.map_registers;
  const std::uint64_t first = hal::adapters().space.allocate(limit);
  if (first == 0) return nullptr;
  hal::Adapter& adapter = hal::adapters().all.emplace_back();
  adapter.dma.Version = 1;
  adapter.dma.Size = sizeof(DMA_ADAPTER);
  adapter.dma.DmaOperations = &hal::g_operations;
  adapter.pdo = PhysicalDeviceObject;
  adapter.function = function;
  adapter.reaches_64_bits = DeviceDescription->Dma64BitAddresses != FALSE;
  adapter.scatter_gather = DeviceDescription->ScatterGather != FALSE;
  adapter.map_registers = limit;
  adapter.first_logical = first;
  for (ULONG i = 0; i < limit; ++i) adapter.free_registers.insert(adapter.free_registers.end(), i);
  // A transfer of the maximum length may begin in the middle of a page.
  const ULONG wanted = BYTES_TO_PAGES(DeviceDescription->MaximumLength) + 1;
  adapter.granted = *NumberOfMapRegisters = std::min(wanted, limit);
  return &adapter.dma;
}

}  // extern "C"
