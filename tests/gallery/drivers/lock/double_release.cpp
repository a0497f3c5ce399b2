// gallery: 0xC4 0x32
// A spin lock is released on the way out of a branch, and again at the function's end.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  if (IsListEmpty(&Device->Irps)) KeReleaseSpinLock(&Device->Lock, irql);
#ifdef FIXED
  else
#endif
    KeReleaseSpinLock(&Device->Lock, irql);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
