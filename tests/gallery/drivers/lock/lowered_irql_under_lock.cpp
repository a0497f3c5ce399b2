// gallery: 0xC4 0x40009
// IRQL is lowered by hand to call something pageable, while the spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#else
  KeLowerIrql(irql);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
