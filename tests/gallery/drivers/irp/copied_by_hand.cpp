// gallery: 0xC9 0x207
// A stack location is copied whole to the next one, and with it the completion routine of the driver above.
// stimulus: watched
#include "skeleton.h"

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
  if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction <= IRP_MN_CANCEL_STOP_DEVICE) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
  }
#ifdef FIXED
  IoCopyCurrentIrpStackLocationToNext(Irp);
#else
  *IoGetNextIrpStackLocation(Irp) = *IoGetCurrentIrpStackLocation(Irp);
#endif
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Pnp = Pnp};
