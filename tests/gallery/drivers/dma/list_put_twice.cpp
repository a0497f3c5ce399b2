// gallery: 0xE6 0x6
// A scatter/gather list is put by the routine that receives it, and by the one that asked for it.
#include "skeleton.h"

static VOID Mapped(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST List, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
  *static_cast<PSCATTER_GATHER_LIST*>(device->Context) = List;
#ifndef FIXED
  device->Adapter->DmaOperations->PutScatterGatherList(device->Adapter, List, TRUE);
#endif
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  PMDL mdl = Irp->MdlAddress;
  const DMA_OPERATIONS& dma = *Device->Adapter->DmaOperations;
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status = dma.GetScatterGatherList(Device->Adapter, Device->Self, mdl, MmGetMdlVirtualAddress(mdl),
                                                   MmGetMdlByteCount(mdl), Mapped, Device, TRUE);
  if (NT_SUCCESS(status)) {
    dma.PutScatterGatherList(Device->Adapter, *static_cast<PSCATTER_GATHER_LIST*>(Device->Context), TRUE);
  }
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.ContextBytes = sizeof(PSCATTER_GATHER_LIST), .Dma = TRUE, .Write = Write};
