// gallery: 0xC9 0x230 late
// A driver that does not manage power completes power requests with success.
// stimulus: sleep
#include "skeleton.h"

static NTSTATUS Power(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  IoSkipCurrentIrpStackLocation(Irp);
  return PoCallDriver(Device->Lower, Irp);
#else
  UNREFERENCED_PARAMETER(Device);
  PoStartNextPowerIrp(Irp);
  return Complete(Irp, STATUS_SUCCESS);
#endif
}

const HOOKS Hooks = {.Power = Power};
