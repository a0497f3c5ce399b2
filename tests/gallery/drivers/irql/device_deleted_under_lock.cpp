// gallery: 0xC4 0x20009
// A device object is deleted while a spin lock is held.
#include "skeleton.h"

static PDEVICE_OBJECT Child;

static NTSTATUS Start(PDEVICE Device) {
  return IoCreateDevice(Device->Self->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Child);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  if (Child != NULL) IoDeleteDevice(Child);
  Child = NULL;
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Start = Start, .Control = Control};
