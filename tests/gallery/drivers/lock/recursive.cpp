// gallery: 0xF address
// A function that takes the lock calls another that takes it too.
#include "skeleton.h"

static ULONG Counter;

static DECLSPEC_NOINLINE VOID Count(PDEVICE Device) {
#ifndef FIXED
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#else
  UNREFERENCED_PARAMETER(Device);  // the caller holds the lock
#endif
  ++Counter;
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  Count(Device);
  KeReleaseSpinLock(&Device->Lock, irql);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
