// gallery: 0xC4 0x30
// KeRaiseIrql is used at DISPATCH_LEVEL to go to APC_LEVEL.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
  KIRQL irql;
#ifdef FIXED
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#else
  KeRaiseIrql(APC_LEVEL, &irql);
#endif
  FinishReads(Device);
  KeLowerIrql(irql);
}

const HOOKS Hooks = {.Dpc = Dpc};
