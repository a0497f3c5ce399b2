// gallery: 0xC9 0x212 late
// A filter skips its stack location and then sets a completion routine, which needs the location.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  IoCopyCurrentIrpStackLocationToNext(Irp);
#else
  IoSkipCurrentIrpStackLocation(Irp);
#endif
  IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
