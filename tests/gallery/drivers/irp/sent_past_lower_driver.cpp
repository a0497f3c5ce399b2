// gallery: 0xC9 0x211
// A filter forwards to the physical device, not to the device it attached to: the function driver is left out.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  return PassDown(Device, Irp);
#else
  IoSkipCurrentIrpStackLocation(Irp);
  return IoCallDriver(Device->Pdo, Irp);
#endif
}

const HOOKS Hooks = {.Filter = TRUE, .Control = Control};
