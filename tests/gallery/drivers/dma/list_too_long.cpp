// gallery: 0xE6 0x24
// A scatter/gather list is asked for whole pages, which is more than the MDL describes.
#include "skeleton.h"

static VOID Mapped(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST List, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
  device->Adapter->DmaOperations->PutScatterGatherList(device->Adapter, List, TRUE);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  PMDL mdl = Irp->MdlAddress;
  ULONG bytes = MmGetMdlByteCount(mdl);
#ifndef FIXED
  bytes = static_cast<ULONG>(ROUND_TO_PAGES(bytes));
#endif
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status = Device->Adapter->DmaOperations->GetScatterGatherList(
      Device->Adapter, Device->Self, mdl, MmGetMdlVirtualAddress(mdl), bytes, Mapped, Device, TRUE);
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
