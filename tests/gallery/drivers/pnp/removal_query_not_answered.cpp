// gallery: 0xC9 0x217
// A function driver passes IRP_MN_QUERY_REMOVE_DEVICE down and does not say that it agrees.
#include "skeleton.h"

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction <= IRP_MN_CANCEL_STOP_DEVICE) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
  }
#endif
  return PassDown(Device, Irp);
}

const HOOKS Hooks = {.Pnp = Pnp};
