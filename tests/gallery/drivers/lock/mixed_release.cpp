// gallery: 0xC4 0x1009
// A lock acquired with KeAcquireSpinLock is released with KeReleaseSpinLockFromDpcLevel.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#else
  KeReleaseSpinLockFromDpcLevel(&Device->Lock);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Dpc = Dpc};
