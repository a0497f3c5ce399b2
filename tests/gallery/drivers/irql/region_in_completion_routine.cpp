// gallery: 0xC4 0xFB
// A completion routine enters a critical region that its driver leaves elsewhere.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
#ifndef FIXED
  KeEnterCriticalRegion();
#endif
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Write(PDEVICE Device, PIRP Irp) {
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
  const NTSTATUS status = IoCallDriver(Device->Lower, Irp);
#ifndef FIXED
  KeLeaveCriticalRegion();
#endif
  return status;
}

const HOOKS Hooks = {.Filter = TRUE, .Write = Write};
