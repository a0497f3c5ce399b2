// gallery: 0xE6 0x1B
// The address of a transfer is that behind the buffer, where the one before has ended.
#include "skeleton.h"

static VOID Mapped(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST List, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
  device->Adapter->DmaOperations->PutScatterGatherList(device->Adapter, List, TRUE);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  PMDL mdl = Irp->MdlAddress;
  PUCHAR address = static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl));
#ifndef FIXED
  address += MmGetMdlByteCount(mdl);
#endif
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status = Device->Adapter->DmaOperations->GetScatterGatherList(
      Device->Adapter, Device->Self, mdl, address, MmGetMdlByteCount(mdl), Mapped, Device, TRUE);
  KeLowerIrql(irql);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
