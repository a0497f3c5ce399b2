// gallery: 0xC9 0x201
// The device is deleted first and detached afterwards.
#include "skeleton.h"

static NTSTATUS Remove(PDEVICE Device, PIRP Irp) {
  PDEVICE_OBJECT lower = Device->Lower;
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = PassDown(Device, Irp);
#ifdef FIXED
  IoDetachDevice(lower);
#endif
  DeleteDevice(Device);
#ifndef FIXED
  IoDetachDevice(lower);
#endif
  return status;
}

const HOOKS Hooks = {.Remove = Remove};
