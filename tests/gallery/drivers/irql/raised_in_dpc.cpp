// gallery: 0xC4 0x31 late
// A DPC raises IRQL to keep the interrupt out and returns so.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
  KIRQL irql;
  FinishReads(Device);
  KeRaiseIrql(HIGH_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
}

const HOOKS Hooks = {.Dpc = Dpc};
