// gallery: 0xC4 0x135 late
// A request that may wait for ever is kept without a cancel routine.
#include "skeleton.h"

static NTSTATUS Wait(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  return Enqueue(Device, Irp);
#else
  KIRQL irql;
  IoMarkIrpPending(Irp);
  KeAcquireSpinLock(&Device->QueueLock, &irql);
  InsertTailList(&Device->Irps, &Irp->Tail.Overlay.ListEntry);
  KeReleaseSpinLock(&Device->QueueLock, irql);
  return STATUS_PENDING;
#endif
}

const HOOKS Hooks = {.Wait = Wait};
