// gallery: 0xE6 0x10
// Map registers are freed while a transfer is mapped: nobody has flushed the adapter's buffers.
#include "skeleton.h"

struct TRANSFER {
  PVOID Registers;
};

static IO_ALLOCATION_ACTION Allocated(PDEVICE_OBJECT, PIRP, PVOID Registers, PVOID Context) {
  static_cast<TRANSFER*>(Context)->Registers = Registers;
  return DeallocateObjectKeepRegisters;
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  const DMA_OPERATIONS& dma = *Device->Adapter->DmaOperations;
  PMDL mdl = Irp->MdlAddress;
  PUCHAR va = static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl));
  const ULONG registers = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, MmGetMdlByteCount(mdl));
  TRANSFER transfer = {NULL};
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  NTSTATUS status = dma.AllocateAdapterChannel(Device->Adapter, Device->Self, registers, Allocated, &transfer);
  if (NT_SUCCESS(status)) {
    ULONG bytes = PAGE_SIZE - MmGetMdlByteOffset(mdl);
    dma.MapTransfer(Device->Adapter, mdl, transfer.Registers, va, &bytes, TRUE);
#ifdef FIXED
    dma.FlushAdapterBuffers(Device->Adapter, mdl, transfer.Registers, va, bytes, TRUE);
#endif
    dma.FreeMapRegisters(Device->Adapter, transfer.Registers, registers);
  }
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
