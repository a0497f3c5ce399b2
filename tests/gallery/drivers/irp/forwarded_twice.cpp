// gallery: 0xC9 0x205
// A filter that finds its request pending sends it down once more, while the driver below still has it.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoMarkIrpPending(Irp);
  IoCopyCurrentIrpStackLocationToNext(Irp);
#ifdef FIXED
  IoCallDriver(Device->Lower, Irp);
#else
  if (IoCallDriver(Device->Lower, Irp) == STATUS_PENDING) IoCallDriver(Device->Lower, Irp);
#endif
  return STATUS_PENDING;
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
