// gallery: 0xC4 0x2000F
// A thread sleeps while it holds a spin lock.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  LARGE_INTEGER due;
  due.QuadPart = -10000;
  KeDelayExecutionThread(KernelMode, FALSE, &due);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
