// gallery: 0xC9 0x213
// PnP requests that the driver does not know are failed instead of passed down as they are.
#include "skeleton.h"

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  if (minor <= IRP_MN_CANCEL_STOP_DEVICE) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return PassDown(Device, Irp);
  }
#ifdef FIXED
  return PassDown(Device, Irp);
#else
  return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST);
#endif
}

const HOOKS Hooks = {.Pnp = Pnp};
