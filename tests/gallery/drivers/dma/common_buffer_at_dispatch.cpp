// gallery: 0xE6 0x13
// A common buffer is allocated while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PHYSICAL_ADDRESS logical;
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  PVOID buffer = Device->Adapter->DmaOperations->AllocateCommonBuffer(Device->Adapter, 4096, &logical, TRUE);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  if (buffer == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  Device->Adapter->DmaOperations->FreeCommonBuffer(Device->Adapter, 4096, logical, buffer, TRUE);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Dma = TRUE, .Control = Control};
