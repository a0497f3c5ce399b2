// gallery: 0xC9 0x242 late
// IRP_MN_SURPRISE_REMOVAL is handled like IRP_MN_REMOVE_DEVICE: the device is deleted with files open on it.
// stimulus: surprise-remove
#include "skeleton.h"

static NTSTATUS SurpriseRemoval(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return PassDown(Device, Irp);
#else
  return RemoveDevice(Device, Irp);
#endif
}

const HOOKS Hooks = {.SurpriseRemoval = SurpriseRemoval};
