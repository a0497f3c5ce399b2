// gallery: 0xC4 0x20015
// A DPC releases its lock to PASSIVE_LEVEL, a constant, not to the IRQL that acquiring it saved.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#else
  KeReleaseSpinLock(&Device->Lock, PASSIVE_LEVEL);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Dpc = Dpc};
