// gallery: 0xC4 0x41
// IRQL is lowered first and the lock, which needs DISPATCH_LEVEL, released afterwards.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#ifdef FIXED
  KeAcquireSpinLockAtDpcLevel(&Device->Lock);
  KeReleaseSpinLockFromDpcLevel(&Device->Lock);
  KeLowerIrql(irql);
#else
  KeLowerIrql(irql);
  KeReleaseSpinLockFromDpcLevel(&Device->Lock);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
