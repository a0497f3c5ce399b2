// gallery: 0xC4 0x1008
// One path takes a lock as an in-stack queued lock, another as an ordinary one.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KLOCK_QUEUE_HANDLE handle;
  KeAcquireInStackQueuedSpinLock(&Device->Lock, &handle);
  KeReleaseInStackQueuedSpinLock(&handle);
  return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  KLOCK_QUEUE_HANDLE handle;
  KeAcquireInStackQueuedSpinLock(&Device->Lock, &handle);
  KeReleaseInStackQueuedSpinLock(&handle);
#else
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control, .Write = Write};
