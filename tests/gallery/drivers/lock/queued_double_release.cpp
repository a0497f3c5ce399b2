// gallery: 0xC4 0x36
// An in-stack queued spin lock is released in a branch and again at the function's end.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KLOCK_QUEUE_HANDLE handle;
  KeAcquireInStackQueuedSpinLock(&Device->Lock, &handle);
  if (IsListEmpty(&Device->Irps)) KeReleaseInStackQueuedSpinLock(&handle);
#ifdef FIXED
  else
#endif
    KeReleaseInStackQueuedSpinLock(&handle);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
