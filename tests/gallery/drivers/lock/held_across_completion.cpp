// gallery: 0xC4 0x40009
// A request is completed while the lock of the queue it was in is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  IoMarkIrpPending(Irp);
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  Complete(Irp, STATUS_SUCCESS);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Control = Control};
