// gallery: 0xC4 0xD0
// An ERESOURCE is initialised at each START; after a STOP it is initialised already.
// stimulus: stop
#include "skeleton.h"

static ERESOURCE Resource;

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  if (minor == IRP_MN_QUERY_STOP_DEVICE || minor == IRP_MN_QUERY_REMOVE_DEVICE) Irp->IoStatus.Status = STATUS_SUCCESS;
  if (minor == IRP_MN_STOP_DEVICE) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    ReleaseHardware(Device);
    Device->Released = FALSE;
  }
  return PassDown(Device, Irp);
}

static NTSTATUS Start(PDEVICE) { return ExInitializeResourceLite(&Resource); }

static VOID Stop(PDEVICE) {
#ifdef FIXED
  ExDeleteResourceLite(&Resource);
#endif
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Pnp = Pnp};
