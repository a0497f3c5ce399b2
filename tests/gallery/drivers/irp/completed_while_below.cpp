// gallery: 0xC9 0x209
// A filter does not want to wait for the driver below and completes the request that it has given to it.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoMarkIrpPending(Irp);
  IoCopyCurrentIrpStackLocationToNext(Irp);
#ifdef FIXED
  IoCallDriver(Device->Lower, Irp);
#else
  if (IoCallDriver(Device->Lower, Irp) == STATUS_PENDING) Complete(Irp, STATUS_SUCCESS);
#endif
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
