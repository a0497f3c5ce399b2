// gallery: 0xC9 0x21D late
// IRP_MN_REMOVE_DEVICE is passed down and nothing else: the device stays attached.
#include "skeleton.h"

static NTSTATUS Remove(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  return RemoveDevice(Device, Irp);
#else
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return PassDown(Device, Irp);
#endif
}

const HOOKS Hooks = {.Remove = Remove};
