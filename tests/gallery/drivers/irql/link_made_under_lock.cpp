// gallery: 0xC4 0x2000C
// A symbolic link is made while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  UNICODE_STRING name, target;
  RtlInitUnicodeString(&name, L"\\??\\GalleryLink");
  RtlInitUnicodeString(&target, L"\\Device\\Gallery");
  if (NT_SUCCESS(IoCreateSymbolicLink(&name, &target))) IoDeleteSymbolicLink(&name);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
