// gallery: 0xC9 0x202
// The device is detached where the hardware is released, and again where the device is deleted.
#include "skeleton.h"

static NTSTATUS Remove(PDEVICE Device, PIRP Irp) {
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = PassDown(Device, Irp);
  IoDetachDevice(Device->Lower);
#ifndef FIXED
  IoDetachDevice(Device->Lower);
#endif
  DeleteDevice(Device);
  return status;
}

const HOOKS Hooks = {.Remove = Remove};
