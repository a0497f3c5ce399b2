// A write by packet DMA, as far as most of these drivers do it alike: the adapter's channel at DISPATCH_LEVEL, map
// registers for the buffer that stay when the channel goes, and whatever `Body` does with them.
#pragma once

#include "skeleton.h"

struct TRANSFER {
  PDMA_ADAPTER Adapter;
  PMDL Mdl;
  PUCHAR Va;
  ULONG Bytes;      // of the buffer
  ULONG Count;      // of map registers
  PVOID Registers;  // MapRegisterBase
};

static inline IO_ALLOCATION_ACTION KeepRegisters(PDEVICE_OBJECT, PIRP, PVOID Registers, PVOID Context) {
  static_cast<TRANSFER*>(Context)->Registers = Registers;
  return DeallocateObjectKeepRegisters;
}

/// As many map registers as the buffer needs.
static inline ULONG RegistersFor(PMDL Mdl) {
  return ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), MmGetMdlByteCount(Mdl));
}

/// Maps from `Offset` of the buffer on; how many bytes were.
static inline ULONG Map(const TRANSFER& Transfer, ULONG Offset, ULONG Bytes) {
  Transfer.Adapter->DmaOperations->MapTransfer(Transfer.Adapter, Transfer.Mdl, Transfer.Registers, Transfer.Va + Offset,
                                               &Bytes, TRUE);
  return Bytes;
}
/// Maps what lies in the buffer's first page.
static inline ULONG MapFirstPage(const TRANSFER& Transfer) {
  return Map(Transfer, 0, PAGE_SIZE - MmGetMdlByteOffset(Transfer.Mdl));
}
static inline VOID Flush(const TRANSFER& Transfer, ULONG Offset, ULONG Bytes) {
  Transfer.Adapter->DmaOperations->FlushAdapterBuffers(Transfer.Adapter, Transfer.Mdl, Transfer.Registers,
                                                       Transfer.Va + Offset, Bytes, TRUE);
}
static inline VOID FreeRegisters(const TRANSFER& Transfer, ULONG Count) {
  Transfer.Adapter->DmaOperations->FreeMapRegisters(Transfer.Adapter, Transfer.Registers, Count);
}

/// Completes the request when `Body` has come to its end.
static inline NTSTATUS WriteThrough(PDEVICE Device, PIRP Irp, ULONG Count, VOID (*Body)(const TRANSFER& Transfer)) {
  PMDL mdl = Irp->MdlAddress;
  PUCHAR va = static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl));
  TRANSFER transfer = {Device->Adapter, mdl, va, MmGetMdlByteCount(mdl), Count, NULL};
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status = Device->Adapter->DmaOperations->AllocateAdapterChannel(Device->Adapter, Device->Self, Count,
                                                                                 KeepRegisters, &transfer);
  if (NT_SUCCESS(status)) Body(transfer);
  KeLowerIrql(irql);
  return Complete(Irp, status);
}
