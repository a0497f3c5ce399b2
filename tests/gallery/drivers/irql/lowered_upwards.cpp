// gallery: 0xC4 0x31
// KeLowerIrql is used to raise: the work after it is meant to be at DISPATCH_LEVEL.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
#ifdef FIXED
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#else
  irql = KeGetCurrentIrql();
  KeLowerIrql(DISPATCH_LEVEL);
#endif
  FinishReads(Device);
  KeLowerIrql(irql);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
