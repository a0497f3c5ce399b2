// gallery: 0xE6 0xA
// The scatter/gather list of the last write is kept when the adapter is given back.
#include "skeleton.h"

static VOID Mapped(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST List, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
#ifdef FIXED
  device->Adapter->DmaOperations->PutScatterGatherList(device->Adapter, List, TRUE);
#else
  *static_cast<PSCATTER_GATHER_LIST*>(device->Context) = List;
#endif
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  PMDL mdl = Irp->MdlAddress;
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status = Device->Adapter->DmaOperations->GetScatterGatherList(
      Device->Adapter, Device->Self, mdl, MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl), Mapped, Device, TRUE);
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.ContextBytes = sizeof(PSCATTER_GATHER_LIST), .Dma = TRUE, .Write = Write};
