// gallery: 0xC4 0x40009 late
// A DPC returns early, in the branch where there is nothing to do, and keeps its lock.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
  FinishReads(Device);
  KeAcquireSpinLockAtDpcLevel(&Device->Lock);
  if (IsListEmpty(&Device->Irps)) {
#ifdef FIXED
    KeReleaseSpinLockFromDpcLevel(&Device->Lock);
#endif
    return;
  }
  KeReleaseSpinLockFromDpcLevel(&Device->Lock);
}

const HOOKS Hooks = {.Dpc = Dpc};
