// gallery: 0xC4 0x2000C
// A device interface is registered while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  static const GUID other = {0x7b0f4c52, 0x9b7e, 0x4f4b, {0x9c, 0x0a, 0x6a, 0x11, 0xe5, 0, 0, 2}};
  UNICODE_STRING link;
  if (NT_SUCCESS(IoRegisterDeviceInterface(Device->Pdo, &other, NULL, &link))) RtlFreeUnicodeString(&link);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
