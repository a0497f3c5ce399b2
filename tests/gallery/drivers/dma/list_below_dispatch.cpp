// gallery: 0xE6 0x13
// A scatter/gather list is asked for at the dispatch routine's own IRQL, PASSIVE_LEVEL.
#include "skeleton.h"

static VOID Mapped(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST List, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
  device->Adapter->DmaOperations->PutScatterGatherList(device->Adapter, List, TRUE);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  PMDL mdl = Irp->MdlAddress;
#ifdef FIXED
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#endif
  const NTSTATUS status = Device->Adapter->DmaOperations->GetScatterGatherList(
      Device->Adapter, Device->Self, mdl, MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl), Mapped, Device, TRUE);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
