// gallery: 0xD1 address
// A register is read through a mapping that has been undone.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PULONG window = static_cast<PULONG>(MmMapIoSpace(Device->RegisterBase, Device->RegisterBytes, MmNonCached));
  if (window == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  const ULONG value = READ_REGISTER_ULONG(window);
#endif
  MmUnmapIoSpace(window, Device->RegisterBytes);
#ifndef FIXED
  const ULONG value = READ_REGISTER_ULONG(window);
#endif
  return Complete(Irp, value == 0 ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY);
}

const HOOKS Hooks = {.Control = Control};
