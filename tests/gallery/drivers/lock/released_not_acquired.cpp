// gallery: 0xC4 0x1007
// A DPC that takes the lock in one branch only releases it in both.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
  FinishReads(Device);
  const BOOLEAN busy = !IsListEmpty(&Device->Irps);
  if (busy) KeAcquireSpinLockAtDpcLevel(&Device->Lock);
#ifdef FIXED
  if (busy)
#endif
    KeReleaseSpinLockFromDpcLevel(&Device->Lock);
}

const HOOKS Hooks = {.Dpc = Dpc};
