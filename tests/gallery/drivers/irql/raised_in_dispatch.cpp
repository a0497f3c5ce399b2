// gallery: 0xC9 0x5 late
// A dispatch routine raises IRQL and returns on one path without lowering it.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  KIRQL irql;
  const NTSTATUS status = Complete(Irp, STATUS_SUCCESS);
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  return status;
}

const HOOKS Hooks = {.Control = Control};
