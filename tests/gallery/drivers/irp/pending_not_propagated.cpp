// gallery: 0xC9 0x228 late
// A completion routine lets completion go on and does not propagate PendingReturned.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
#ifdef FIXED
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
#else
  UNREFERENCED_PARAMETER(Irp);
#endif
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
