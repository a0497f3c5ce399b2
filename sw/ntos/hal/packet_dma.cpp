// Packet DMA: the adapter's channel, map registers held over transfers, MapTransfer and FlushAdapterBuffers (R-DMA-7).
#include "sw/ntos/ddk.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/hal/map_registers.h"
#include "sw/ntos/hal/mapping_events.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/verify.h"
#include "sw/ntos/mm/mdl.h"

namespace p2p::hal {

namespace {
using ke::value_of;

/// What one MapTransfer mapped.
struct Piece {
  PMDL mdl;
  std::size_t offset;  // in the MDL
  ULONG length;
  bool write_to_device;
  std::vector<MappedPage> pages;
  std::uint64_t mapping = 0;  // its number in events
};

/// What a MapRegisterBase points to.
struct Allocation {
  Adapter* adapter = nullptr;
  std::vector<ULONG> registers;
  Copies copies;   // reserved and not in use, a page a register if the device may need them
  ULONG used = 0;  // by live pieces, from the first on
  std::vector<Piece> pieces;
  bool of_channel = false;  // goes with the channel (KeepObject)
};
using Allocations = std::map<const void*, std::unique_ptr<Allocation>>;
Allocations& allocations() {
  static auto* const all = new Allocations;
  return *all;
}

Allocation& allocation_of(Adapter* adapter, const void* base, std::uint64_t sub_code, const char* routine) {
  auto found = allocations().find(base);
  if (found == allocations().end() || found->second->adapter != adapter) {
    ntos::bug_check(0xE6, sub_code, value_of(base), 0, 0, routine,
                    std::string(routine) + " with map registers that are not allocated");
  }
  return *found->second;
}

void unmap(Allocation& allocation, const Piece& piece) {
  for (const MappedPage& page : piece.pages) {
    unmap_page(allocation.adapter, page, piece.write_to_device, &allocation.copies);
  }
  tell_unmapped(piece.mapping);
}

/// Frees an allocation; a piece still mapped is 0xE6/0x10.
void free_allocation(const void* base) {
  auto found = allocations().find(base);
  Allocation& allocation = *found->second;
  verify_dma(allocation.pieces.empty(), 0x10, allocation.used, 0, 0, "FreeMapRegisters",
             "map registers were freed while a transfer was mapped: FlushAdapterBuffers was not called");
  for (const Piece& piece : allocation.pieces) unmap(allocation, piece);
  free_copies(&allocation.copies);
  give_back_registers(allocation.adapter, allocation.registers);
  --allocation.adapter->allocations;
  allocations().erase(found);
}

void release_channel(Adapter* adapter) {
  adapter->channel_busy = false;
  for (const auto& [base, allocation] : allocations()) {
    if (allocation->adapter != adapter || !allocation->of_channel) continue;
    free_allocation(base);
    break;
  }
}

void control(Adapter* adapter, PDEVICE_OBJECT device, PDRIVER_CONTROL routine, PVOID context,
             std::vector<ULONG> registers, Copies copies) {
  auto owned = std::make_unique<Allocation>();
  Allocation* base = owned.get();
  base->adapter = adapter;
  base->registers = std::move(registers);
  base->copies = std::move(copies);
  base->of_channel = true;  // FreeAdapterChannel may come before the routine has returned
  allocations()[base] = std::move(owned);
  ++adapter->allocations;
  adapter->channel_busy = true;
  adapter->in_control = &ke::current_cpu();
  const IO_ALLOCATION_ACTION action = routine(device, device->CurrentIrp, base, context);
  adapter->in_control = nullptr;
  switch (action) {
    case KeepObject:  // it may be gone already
      break;
    case DeallocateObject:
      adapter->channel_busy = false;
      free_allocation(base);
      break;
    case DeallocateObjectKeepRegisters:
      adapter->channel_busy = false;
      // Its device may have been quick: the registers may be free again, from another processor.
      if (auto kept = allocations().find(base); kept != allocations().end()) kept->second->of_channel = false;
      break;
    default:
      ntos::bug_check(0xE6, 0x23, static_cast<std::uint64_t>(action), 0, 0, "AdapterControl",
                      "an AdapterControl routine returned no valid action");
  }
}

/// How much of `length` at `offset` lies in physically neighbouring pages.
ULONG contiguous_run(const MDL* mdl, std::size_t offset, ULONG length) {
  const PFN_NUMBER* pages = MmGetMdlPfnArray(const_cast<PMDL>(mdl));
  const std::size_t first = mdl->ByteOffset + offset;
  std::size_t end = (first / PAGE_SIZE + 1) * PAGE_SIZE;
  while (end < first + length && pages[end / PAGE_SIZE] == pages[end / PAGE_SIZE - 1] + 1) end += PAGE_SIZE;
  return static_cast<ULONG>(std::min<std::size_t>(length, end - first));
}

/// Maps `length` bytes through the next registers. Returns the bytes mapped: fewer if registers run out.
ULONG map_piece(Allocation& allocation, Piece* piece, ULONG length, bool remap) {
  ULONG mapped = 0;
  std::size_t at = piece->mdl->ByteOffset + piece->offset;
  while (mapped < length && allocation.used < allocation.registers.size()) {
    MappedPage page;
    page.physical = MmGetMdlPfnArray(piece->mdl)[at / PAGE_SIZE];
    page.from = static_cast<std::uint32_t>(at % PAGE_SIZE);
    page.bytes = static_cast<std::uint32_t>(std::min<std::size_t>(PAGE_SIZE - page.from, length - mapped));
    map_page(allocation.adapter, &page, allocation.registers[allocation.used], piece->write_to_device, remap,
             &allocation.copies);
    // Neighbours for the device: a page it reaches itself does not follow one it sees a copy of.
    if (!piece->pages.empty() && page.logical != piece->pages.back().logical + 1) {
      unmap_page(allocation.adapter, page, piece->write_to_device, &allocation.copies);
      break;
    }
    ++allocation.used;
    mapped += page.bytes;
    at += page.bytes;
    piece->pages.push_back(page);
  }
  piece->length = mapped;
  return mapped;
}
}  // namespace

NTSTATUS NTAPI allocate_adapter_channel(PDMA_ADAPTER dma, PDEVICE_OBJECT device, ULONG registers,
                                        PDRIVER_CONTROL routine, PVOID context) {
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("AllocateAdapterChannel");
  verify_dma(registers <= adapter->map_registers, 0x0C, registers, adapter->map_registers, 0, "AllocateAdapterChannel",
             "more map registers were asked for than the adapter has");
  verify_dma(registers <= adapter->granted, 0x15, registers, adapter->granted, 0, "AllocateAdapterChannel",
             "more map registers were asked for than IoGetDmaAdapter granted");
  if (registers > adapter->map_registers) return STATUS_INSUFFICIENT_RESOURCES;
  const bool queued = std::any_of(adapter->waiting.begin(), adapter->waiting.end(),
                                  [device](const Waiting& w) { return w.channel_for == device; });
  verify_dma(!queued && adapter->in_control != &ke::current_cpu(), 0x0B, value_of(dma), 1, 0, "AllocateAdapterChannel",
             "a device allocated a second channel before its first came, or inside AdapterControl");
  Copies copies;
  if (may_need_copies(adapter) && !reserve_copies(registers, &copies)) return STATUS_INSUFFICIENT_RESOURCES;
  enqueue(adapter, {registers, device,
                    [adapter, device, routine, context, copies = std::move(copies)](std::vector<ULONG> taken) mutable {
                      control(adapter, device, routine, context, std::move(taken), std::move(copies));
                    }});
  return STATUS_SUCCESS;
}

void NTAPI free_adapter_channel(PDMA_ADAPTER dma) {
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("FreeAdapterChannel");
  verify_dma(adapter->channel_busy, 0x04, value_of(dma), 0, 0, "FreeAdapterChannel",
             "an adapter's channel was freed that is not allocated");
  release_channel(adapter);
  pump(adapter);
}

void NTAPI free_map_registers(PDMA_ADAPTER dma, PVOID base, ULONG count) {
  Adapter* adapter = adapter_of(dma);
  check_dma_irql("FreeMapRegisters");
  const Allocation& allocation = allocation_of(adapter, base, 0x05, "FreeMapRegisters");
  verify_dma(allocation.registers.size() == count, 0x05, allocation.registers.size(), count, 0, "FreeMapRegisters",
             "another number of map registers was freed than allocated");
  free_allocation(base);
  pump(adapter);
}

PHYSICAL_ADDRESS NTAPI map_transfer(PDMA_ADAPTER dma, PMDL mdl, PVOID base, PVOID current_va, PULONG length,
                                    BOOLEAN write_to_device) {
  constexpr const char* kRule = "MapTransfer";
  Adapter* adapter = adapter_of(dma);
  check_dma_irql(kRule);
  Allocation& allocation = allocation_of(adapter, base, 0x0C, kRule);
  verify_dma(mm::has_pages(mdl), 0x0E, value_of(mdl), 0, 0, kRule, "DMA on a buffer whose pages are not locked");
  verify_dma(*length != 0, 0x21, 0, 0, 0, kRule, "a DMA transfer of no bytes was mapped");
  const auto start = static_cast<const char*>(current_va) - static_cast<const char*>(MmGetMdlVirtualAddress(mdl));
  verify_dma(start >= 0 && static_cast<std::size_t>(start) < mdl->ByteCount, 0x1B, value_of(current_va), value_of(mdl),
             0, kRule, "the address of a DMA transfer lies outside its MDL");  // R-DMA-9
  Piece piece{mdl, static_cast<std::size_t>(start), 0, write_to_device != FALSE, {}};
  verify_dma(*length <= mdl->ByteCount - piece.offset, 0x1F, 2, value_of(mdl), *length, kRule,
             "a DMA transfer goes beyond the end of its MDL");
  for (const Piece& other : allocation.pieces) {
    const bool overlaps =
        other.mdl == mdl && piece.offset < other.offset + other.length && other.offset < piece.offset + *length;
    verify_dma(!overlaps, 0x1D, value_of(current_va), value_of(mdl), 0, kRule, "a buffer was mapped twice");
  }
  // Only a device that cannot scatter needs a buffer made of neighbours, all of it; the other gets as much as there is.
  const bool remap = !adapter->scatter_gather;
  const std::size_t left = allocation.registers.size() - allocation.used;
  const std::size_t needed = remap ? ADDRESS_AND_SIZE_TO_SPAN_PAGES(current_va, *length) : 1;
  const ULONG wanted = remap || ke::state().config.dma_bounce ? *length : contiguous_run(mdl, piece.offset, *length);
  ULONG mapped = 0;
  for (const Piece& other : allocation.pieces) mapped += other.length;
  verify_dma(needed <= left || mapped == 0, 0x0D, mapped, allocation.registers.size() * PAGE_SIZE, 0, kRule,
             "a DMA transfer needs the map registers of one that was not flushed");
  verify_dma(needed <= left, 0x0C, needed, left, 0, kRule,
             "a DMA transfer needs more map registers than were allocated");
  *length = map_piece(allocation, &piece, wanted, remap);
  PHYSICAL_ADDRESS address;
  address.QuadPart = 0;
  if (piece.pages.empty()) return address;
  address.QuadPart = static_cast<LONGLONG>(piece.pages[0].logical * PAGE_SIZE + piece.pages[0].from);
  piece.mapping = tell_mapped("transfer", piece.pages, piece.write_to_device, mdl);
  allocation.pieces.push_back(std::move(piece));
  return address;
}

BOOLEAN NTAPI flush_adapter_buffers(PDMA_ADAPTER dma, PMDL mdl, PVOID base, PVOID current_va, ULONG length,
                                    BOOLEAN write_to_device) {
  constexpr const char* kRule = "FlushAdapterBuffers";
  Adapter* adapter = adapter_of(dma);
  check_dma_irql(kRule);
  Allocation& allocation = allocation_of(adapter, base, 0x20, kRule);
  const auto offset = static_cast<std::size_t>(static_cast<const char*>(current_va) -
                                               static_cast<const char*>(MmGetMdlVirtualAddress(mdl)));
  ULONG mapped = 0;
  for (const Piece& piece : allocation.pieces) {
    if (piece.mdl != mdl || piece.offset < offset || piece.offset >= offset + length) continue;
    verify_dma(piece.write_to_device == (write_to_device != FALSE), 0x16, value_of(mdl), 0, 0, kRule,
               "a buffer was flushed for the other direction than it was mapped for");
    mapped += piece.length;
  }
  verify_dma(mapped != 0, 0x16, value_of(mdl), length, 0, kRule, "a buffer was flushed that is not mapped");
  verify_dma(mapped >= length, 0x00, 1, length, mapped, kRule, "more was flushed than is mapped");
  std::erase_if(allocation.pieces, [&](const Piece& piece) {
    if (piece.mdl != mdl || piece.offset < offset || piece.offset >= offset + length) return false;
    unmap(allocation, piece);
    return true;
  });
  if (allocation.pieces.empty()) allocation.used = 0;
  return TRUE;
}

}  // namespace p2p::hal
