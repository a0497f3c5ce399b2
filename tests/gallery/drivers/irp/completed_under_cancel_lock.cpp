// gallery: 0xC4 0x40009
// A cancel routine completes the request before it releases the cancel spin lock.
#include "skeleton.h"

static VOID Cancel(PDEVICE_OBJECT, PIRP Irp) {
#ifdef FIXED
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  Complete(Irp, STATUS_CANCELLED);
#else
  const KIRQL irql = Irp->CancelIrql;
  Complete(Irp, STATUS_CANCELLED);
  IoReleaseCancelSpinLock(irql);
#endif
}

static NTSTATUS Wait(PDEVICE, PIRP Irp) {
  IoMarkIrpPending(Irp);
  IoSetCancelRoutine(Irp, Cancel);
  if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) Complete(Irp, STATUS_CANCELLED);
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Wait = Wait};
