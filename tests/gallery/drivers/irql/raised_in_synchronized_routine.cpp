// gallery: 0xC4 0x111
// A routine run with KeSynchronizeExecution raises IRQL and returns so.
#include "skeleton.h"

static BOOLEAN Touch(PVOID) {
#ifndef FIXED
  KIRQL irql;
  KeRaiseIrql(HIGH_LEVEL, &irql);
#endif
  return TRUE;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KeSynchronizeExecution(Device->Interrupt, Touch, Device);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
