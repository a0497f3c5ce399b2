// gallery: 0xC4 0x7B
// Registers are unmapped with the size that is used of them, not the size that was mapped.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PVOID registers = MmMapIoSpace(Device->RegisterBase, Device->RegisterBytes, MmNonCached);
  if (registers == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  MmUnmapIoSpace(registers, Device->RegisterBytes);
#else
  MmUnmapIoSpace(registers, 8);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
