// gallery: 0xC9 0x241 late
// The device is detached on IRP_MN_SURPRISE_REMOVAL: IRP_MN_REMOVE_DEVICE would never reach it.
// stimulus: surprise-remove
#include "skeleton.h"

static NTSTATUS SurpriseRemoval(PDEVICE Device, PIRP Irp) {
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = PassDown(Device, Irp);
#ifndef FIXED
  IoDetachDevice(Device->Lower);
#endif
  return status;
}

const HOOKS Hooks = {.SurpriseRemoval = SurpriseRemoval};
