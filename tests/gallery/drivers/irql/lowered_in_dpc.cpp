// gallery: 0xC4 0x31
// A DPC lowers IRQL to PASSIVE_LEVEL to call what must not be called at DISPATCH_LEVEL.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
#ifndef FIXED
  KIRQL irql;
  KeLowerIrql(PASSIVE_LEVEL);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Dpc = Dpc};
