// gallery: 0xC9 0x206
// A filter marks a read pending and then hands its stack location, mark and all, to the driver below.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoMarkIrpPending(Irp);
#ifdef FIXED
  IoCopyCurrentIrpStackLocationToNext(Irp);
#else
  IoSkipCurrentIrpStackLocation(Irp);
#endif
  IoCallDriver(Device->Lower, Irp);
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
