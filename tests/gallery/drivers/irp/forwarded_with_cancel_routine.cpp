// gallery: 0xC9 0x203
// A filter forwards a request that it has made cancelable while it looked at it.
// stimulus: filter
#include "skeleton.h"

static VOID Cancel(PDEVICE_OBJECT, PIRP Irp) {
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  Complete(Irp, STATUS_CANCELLED);
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  IoMarkIrpPending(Irp);
  IoSetCancelRoutine(Irp, Cancel);
#ifdef FIXED
  if (IoSetCancelRoutine(Irp, NULL) == NULL) return STATUS_PENDING;
#endif
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoCallDriver(Device->Lower, Irp);
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Filter = TRUE, .Write = Write};
