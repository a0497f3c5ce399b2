// gallery: 0xC4 0x2000A
// A device object is created while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  PDEVICE_OBJECT child = NULL;
  IoCreateDevice(Device->Self->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &child);
  if (child != NULL) IoDeleteDevice(child);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
