// gallery: 0xC9 0x21E late
// On IRP_MN_REMOVE_DEVICE the device is detached and not deleted.
#include "skeleton.h"

static NTSTATUS Remove(PDEVICE Device, PIRP Irp) {
  ReleaseHardware(Device);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = PassDown(Device, Irp);
  IoDetachDevice(Device->Lower);
#ifdef FIXED
  DeleteDevice(Device);
#endif
  return status;
}

const HOOKS Hooks = {.Remove = Remove};
