// gallery: 0xE6 0x1F
// A transfer is mapped with the length of the whole buffer from the middle of it.
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
    const ULONG done = 100;
#ifdef FIXED
    ULONG bytes = MmGetMdlByteCount(mdl) - done;
#else
    ULONG bytes = MmGetMdlByteCount(mdl);
#endif
    dma.MapTransfer(Device->Adapter, mdl, transfer.Registers, va + done, &bytes, TRUE);
    dma.FlushAdapterBuffers(Device->Adapter, mdl, transfer.Registers, va + done, bytes, TRUE);
    dma.FreeMapRegisters(Device->Adapter, transfer.Registers, registers);
  }
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
