// gallery: 0xC9 0x231
// A driver that does not manage power completes power requests with success.
// stimulus: sleep
#include "skeleton.h"

static NTSTATUS Power(PDEVICE Device, PIRP Irp) {
#ifndef FIXED
  const UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
  if (minor == IRP_MN_SET_POWER || minor == IRP_MN_QUERY_POWER) {
    PoStartNextPowerIrp(Irp);
    return Complete(Irp, STATUS_SUCCESS);
  }
#endif
  IoSkipCurrentIrpStackLocation(Irp);
  return PoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Power = Power};
