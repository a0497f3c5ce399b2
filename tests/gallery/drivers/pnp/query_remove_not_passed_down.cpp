// gallery: 0xC9 0x22E
// IRP_MN_QUERY_REMOVE_DEVICE is agreed to by completing it, so that the drivers below are never asked.
#include "skeleton.h"

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
  if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_QUERY_REMOVE_DEVICE) {
#ifdef FIXED
    Irp->IoStatus.Status = STATUS_SUCCESS;
#else
    return Complete(Irp, STATUS_SUCCESS);
#endif
  }
  return PassDown(Device, Irp);
}

const HOOKS Hooks = {.Pnp = Pnp};
