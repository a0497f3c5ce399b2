// gallery: 0x9F 0x3 late
// A power request waits for a work item that is never queued.
// stimulus: sleep
#include "skeleton.h"

static NTSTATUS Power(PDEVICE Device, PIRP Irp) {
#ifndef FIXED
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  if (location->MinorFunction == IRP_MN_SET_POWER && location->Parameters.Power.Type == SystemPowerState) {
    IoMarkIrpPending(Irp);
    return STATUS_PENDING;
  }
#endif
  IoSkipCurrentIrpStackLocation(Irp);
  return PoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Power = Power};
