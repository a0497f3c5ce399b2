// gallery: 0xC4 0xE5
// DPCs are flushed while a spin lock is held, so that none of them could run.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  KeFlushQueuedDpcs();
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
