// gallery: 0xC9 0x240
// A device is deleted on IRP_MN_REMOVE_DEVICE and, from a pointer kept in a variable, when the driver is unloaded.
#include "skeleton.h"

static PDEVICE_OBJECT Kept;

static NTSTATUS Added(PDEVICE Device) {
  Kept = Device->Self;
  return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT) {
#ifndef FIXED
  IoDeleteDevice(Kept);
#endif
}

const HOOKS Hooks = {.Unload = Unload, .Added = Added};
