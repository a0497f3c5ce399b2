// gallery: 0xC9 0x247 late
// A driver that does not like to be stopped fails IRP_MN_STOP_DEVICE, not IRP_MN_QUERY_STOP_DEVICE.
// stimulus: stop
#include "skeleton.h"

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  if (minor == IRP_MN_STOP_DEVICE) {
#ifdef FIXED
    Irp->IoStatus.Status = STATUS_SUCCESS;
    ReleaseHardware(Device);
    Device->Released = FALSE;
#else
    return Complete(Irp, STATUS_UNSUCCESSFUL);
#endif
  } else if (minor <= IRP_MN_CANCEL_STOP_DEVICE) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
  }
  return PassDown(Device, Irp);
}

const HOOKS Hooks = {.Pnp = Pnp};
