// gallery: 0xC4 0x6F
// The device's registers are locked like a buffer.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  PVOID address = &Device->RegisterBase;
#else
  PVOID address = Device->Registers;
#endif
  PMDL mdl = IoAllocateMdl(address, 16, FALSE, FALSE, NULL);
  if (mdl == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
