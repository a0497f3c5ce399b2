// gallery: 0xC9 0x229 late
// A filter makes a request cancelable after it has passed it to the driver below, whose it is then.
// stimulus: filter
#include "skeleton.h"

#ifndef FIXED
static VOID Cancel(PDEVICE_OBJECT, PIRP Irp) { IoReleaseCancelSpinLock(Irp->CancelIrql); }
#endif

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoMarkIrpPending(Irp);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoCallDriver(Device->Lower, Irp);
#ifndef FIXED
  IoSetCancelRoutine(Irp, Cancel);
#endif
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
