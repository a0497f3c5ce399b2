// gallery: 0xC9 0x215
// A query is refused, and passed down all the same.
// stimulus: stop
#include "skeleton.h"

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  if (minor <= IRP_MN_CANCEL_STOP_DEVICE) Irp->IoStatus.Status = STATUS_SUCCESS;
#ifdef FIXED
  if (minor == IRP_MN_STOP_DEVICE) {
    ReleaseHardware(Device);
    Device->Released = FALSE;
  }
#else
  if (minor == IRP_MN_QUERY_STOP_DEVICE) Irp->IoStatus.Status = STATUS_DEVICE_BUSY;
#endif
  return PassDown(Device, Irp);
}

const HOOKS Hooks = {.Pnp = Pnp};
