// gallery: 0xC9 0x204
// A request is forwarded to a device that the driver has not attached to.
#include "skeleton.h"

struct EXTRA {
  PDEVICE_OBJECT Target;
};

static NTSTATUS Added(PDEVICE Device) {
#ifdef FIXED
  static_cast<EXTRA*>(Device->Context)->Target = Device->Lower;
#else
  UNREFERENCED_PARAMETER(Device);
#endif
  return STATUS_SUCCESS;
}

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
  if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction <= IRP_MN_CANCEL_STOP_DEVICE) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
  }
  IoSkipCurrentIrpStackLocation(Irp);
  return IoCallDriver(static_cast<EXTRA*>(Device->Context)->Target, Irp);
}

const HOOKS Hooks = {.ContextBytes = sizeof(EXTRA), .Added = Added, .Pnp = Pnp};
