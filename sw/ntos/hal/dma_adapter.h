// DMA adapters: what a device may reach, and from when to when. Needs sw/ntos/ddk.h before it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "ntos/ks_support.h"

namespace p2p::ke {
struct Cpu;
}

namespace p2p::hal {

/// A request for map registers that waits for them, or for the channel. Strictly in order of arrival.
struct Waiting {
  ULONG registers;
  PDEVICE_OBJECT channel_for;  // AllocateAdapterChannel: neighbouring registers and the adapter's one channel
  std::function<void(std::vector<ULONG> registers)> start;
};

/// A DMA_ADAPTER with what the HAL knows of it. A logical address is a physical one where the device can reach the page
/// itself, a map register's where it cannot (or `dma_bounce` is on), and from 2 GiB on for common buffers; the IOMMU
/// lets the device through only while mapped.
struct Adapter {
  DMA_ADAPTER dma;  // first: drivers hold a pointer to it
  PDEVICE_OBJECT pdo;
  unsigned function;
  bool reaches_64_bits, scatter_gather;
  ULONG map_registers;          // as many as it has
  ULONG granted;                // as many as its driver was told
  std::uint64_t first_logical;  // logical page of the first of them
  std::set<ULONG> free_registers;
  std::deque<Waiting> waiting;
  bool pumping = false;                 // an execution routine runs: what it frees is handed out afterwards
  bool channel_busy = false;            // from AdapterControl to FreeAdapterChannel
  const ke::Cpu* in_control = nullptr;  // whose processor is inside AdapterControl
  unsigned common_buffers = 0, lists = 0, allocations = 0;
  bool released = false;
};

/// Bug check 0xE6 with `sub_code` if the Verifier is on and `holds` is false.
void verify_dma(bool holds, std::uint64_t sub_code, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
                std::string_view rule, std::string_view message);
/// An IRQL that irql_table.inc does not allow for this entry of DMA_OPERATIONS is bug check 0xE6/0x13 (R-DMA-3).
void check_dma_irql(std::string_view routine);
/// Checks that it is one, and not released (0xE6/0x18, 0x19).
Adapter* adapter_of(PDMA_ADAPTER dma);

/// The PCI function behind a PDO; registered by the bus driver.
void set_function_of(PDEVICE_OBJECT pdo, unsigned function);
bool function_of(PDEVICE_OBJECT pdo, unsigned* function);
/// The device is being removed: an adapter of it that was not released is bug check 0xE6/0x11; its function is
/// forgotten.
void forget_device(PDEVICE_OBJECT pdo);

// The operations, by file.
PVOID NTAPI allocate_common_buffer(PDMA_ADAPTER dma, ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN cached);
void NTAPI free_common_buffer(PDMA_ADAPTER dma, ULONG length, PHYSICAL_ADDRESS logical, PVOID address, BOOLEAN cached);

NTSTATUS NTAPI get_scatter_gather_list(PDMA_ADAPTER dma, PDEVICE_OBJECT device, PMDL mdl, PVOID current_va,
                                       ULONG length, PDRIVER_LIST_CONTROL routine, PVOID context,
                                       BOOLEAN write_to_device);
void NTAPI put_scatter_gather_list(PDMA_ADAPTER dma, PSCATTER_GATHER_LIST list, BOOLEAN write_to_device);
NTSTATUS NTAPI calculate_scatter_gather_list(PDMA_ADAPTER dma, PMDL mdl, PVOID current_va, ULONG length, PULONG bytes,
                                             PULONG registers);
NTSTATUS NTAPI build_scatter_gather_list(PDMA_ADAPTER dma, PDEVICE_OBJECT device, PMDL mdl, PVOID current_va,
                                         ULONG length, PDRIVER_LIST_CONTROL routine, PVOID context,
                                         BOOLEAN write_to_device, PVOID buffer, ULONG buffer_bytes);
NTSTATUS NTAPI build_mdl_from_scatter_gather_list(PDMA_ADAPTER dma, PSCATTER_GATHER_LIST list, PMDL original,
                                                  PMDL* target);

NTSTATUS NTAPI allocate_adapter_channel(PDMA_ADAPTER dma, PDEVICE_OBJECT device, ULONG registers,
                                        PDRIVER_CONTROL routine, PVOID context);
void NTAPI free_adapter_channel(PDMA_ADAPTER dma);
void NTAPI free_map_registers(PDMA_ADAPTER dma, PVOID base, ULONG count);
PHYSICAL_ADDRESS NTAPI map_transfer(PDMA_ADAPTER dma, PMDL mdl, PVOID base, PVOID current_va, PULONG length,
                                    BOOLEAN write_to_device);
BOOLEAN NTAPI flush_adapter_buffers(PDMA_ADAPTER dma, PMDL mdl, PVOID base, PVOID current_va, ULONG length,
                                    BOOLEAN write_to_device);

}  // namespace p2p::hal
