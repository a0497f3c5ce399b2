// gallery: 0x133 0x1
// Between two writes to its registers the device needs two milliseconds; the driver waits them out with the lock held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
  LARGE_INTEGER settle;
  settle.QuadPart = -20000;
  KeDelayExecutionThread(KernelMode, FALSE, &settle);
  KeAcquireSpinLock(&Device->Lock, &irql);
#else
  for (int i = 0; i < 40; ++i) KeStallExecutionProcessor(50);
#endif
  KeReleaseSpinLock(&Device->Lock, irql);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
