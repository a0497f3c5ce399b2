// gallery: 0xE6 0x16
// A list got for a transfer to the device is put as one from the device.
#include "skeleton.h"

static VOID Mapped(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST List, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
#ifdef FIXED
  const BOOLEAN write_to_device = TRUE;
#else
  const BOOLEAN write_to_device = FALSE;
#endif
  device->Adapter->DmaOperations->PutScatterGatherList(device->Adapter, List, write_to_device);
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

const HOOKS Hooks = {.Dma = TRUE, .Write = Write};
