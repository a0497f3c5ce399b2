// gallery: 0xE6 0xE
// The driver makes an MDL for its buffer and gives it to DMA without MmBuildMdlForNonPagedPool.
#include "skeleton.h"

static VOID Mapped(PDEVICE_OBJECT, PIRP, PSCATTER_GATHER_LIST List, PVOID Context) {
  PDEVICE device = static_cast<PDEVICE>(Context);
  device->Adapter->DmaOperations->PutScatterGatherList(device->Adapter, List, TRUE);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, 2048, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 2048, FALSE, FALSE, NULL) : NULL;
  if (mdl != NULL) {
#ifdef FIXED
    MmBuildMdlForNonPagedPool(mdl);
#endif
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    status = Device->Adapter->DmaOperations->GetScatterGatherList(Device->Adapter, Device->Self, mdl, buffer, 2048,
                                                                  Mapped, Device, TRUE);
    KeLowerIrql(irql);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Dma = TRUE, .Control = Control};
