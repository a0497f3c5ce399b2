// gallery: 0xC9 0x227
// A completion routine is put into the section that Windows pages out, as the routines around it are.
// stimulus: filter
#include "skeleton.h"

#ifndef FIXED
__attribute__((section("PAGE"), noinline))
#endif
static NTSTATUS
Passed(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Passed, NULL, TRUE, TRUE, TRUE);
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
