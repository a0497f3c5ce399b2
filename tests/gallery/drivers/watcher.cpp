// A filter without a mistake that watches what passes: a completion routine on every PnP request and read.
#include "skeleton.h"

static NTSTATUS Passed(PDEVICE_OBJECT, PIRP Irp, PVOID Context) {
  InterlockedIncrement(static_cast<PLONG>(Context));
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Watch(PDEVICE Device, PIRP Irp) {
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Passed, Device->Context, TRUE, TRUE, TRUE);
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.ContextBytes = sizeof(LONG), .Filter = TRUE, .Read = Watch, .Pnp = Watch};
