// gallery: 0xC9 0x306 late
// IRP_MN_REMOVE_DEVICE is completed with a failure because the hardware did not answer any more.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
#ifndef FIXED
  Irp->IoStatus.Status = STATUS_IO_DEVICE_ERROR;
#endif
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Remove(PDEVICE Device, PIRP Irp) {
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
  NTSTATUS status = IoCallDriver(Device->Lower, Irp);
#ifndef FIXED
  status = STATUS_IO_DEVICE_ERROR;
#endif
  IoDetachDevice(Device->Lower);
  DeleteDevice(Device);
  return status;
}

const HOOKS Hooks = {.Remove = Remove};
