// gallery: 0xC4 0x2001F
// A registry key is opened with ZwOpenKey while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  HANDLE key = NULL;
  RtlInitUnicodeString(&name, L"\\Registry\\Machine\\System");
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
  if (NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes))) ZwClose(key);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
