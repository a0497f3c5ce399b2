// gallery: 0xC9 0x7
// A request is made cancelable before the driver finds that it can complete it at once, and stays so.
#include "skeleton.h"

static VOID Cancel(PDEVICE_OBJECT, PIRP Irp) {
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  Complete(Irp, STATUS_CANCELLED);
}

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  IoMarkIrpPending(Irp);
  IoSetCancelRoutine(Irp, Cancel);
#ifdef FIXED
  if (IoSetCancelRoutine(Irp, NULL) == NULL) return STATUS_PENDING;  // the cancel routine has it
#endif
  Complete(Irp, STATUS_SUCCESS);
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Control = Control};
