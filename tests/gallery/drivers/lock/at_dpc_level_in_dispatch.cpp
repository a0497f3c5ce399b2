// gallery: 0xC4 0x40
// A dispatch routine, at PASSIVE_LEVEL, takes a lock with the routine that is meant for DPCs.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  KeReleaseSpinLock(&Device->Lock, irql);
#else
  KeAcquireSpinLockAtDpcLevel(&Device->Lock);
  KeReleaseSpinLockFromDpcLevel(&Device->Lock);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
