// gallery: 0xC9 0x207
// A stack location is copied whole to the next one, and with it the completion routine of the driver above.
// stimulus: watched
#include "skeleton.h"

static NTSTATUS Pnp(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  IoCopyCurrentIrpStackLocationToNext(Irp);
#else
  *IoGetNextIrpStackLocation(Irp) = *IoGetCurrentIrpStackLocation(Irp);
#endif
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Pnp = Pnp};
