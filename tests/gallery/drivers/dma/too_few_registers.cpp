// gallery: 0xE6 0xC
// A buffer that begins in the middle of a page is counted in whole pages, too few map registers.
#include "skeleton.h"

struct TRANSFER {
  PVOID Registers;
};

static IO_ALLOCATION_ACTION Allocated(PDEVICE_OBJECT, PIRP, PVOID Registers, PVOID Context) {
  static_cast<TRANSFER*>(Context)->Registers = Registers;
  return DeallocateObjectKeepRegisters;
}

static ULONG Pages(PVOID Address, ULONG Bytes) {
#ifdef FIXED
  return ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Bytes);
#else
  UNREFERENCED_PARAMETER(Address);
  return Bytes / PAGE_SIZE;
#endif
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  const DMA_OPERATIONS& dma = *Device->Adapter->DmaOperations;
  PMDL mdl = Irp->MdlAddress;
  PUCHAR va = static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl));
  const ULONG registers = Pages(va, MmGetMdlByteCount(mdl));
  TRANSFER transfer = {NULL};
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  NTSTATUS status = dma.AllocateAdapterChannel(Device->Adapter, Device->Self, registers, Allocated, &transfer);
  if (NT_SUCCESS(status)) {
    ULONG left = MmGetMdlByteCount(mdl);
    const ULONG whole = left;
    while (left != 0) {
      ULONG bytes = left;
      dma.MapTransfer(Device->Adapter, mdl, transfer.Registers, va + whole - left, &bytes, TRUE);
      left -= bytes;
    }
    dma.FlushAdapterBuffers(Device->Adapter, mdl, transfer.Registers, va, whole, TRUE);
    dma.FreeMapRegisters(Device->Adapter, transfer.Registers, registers);
  }
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
