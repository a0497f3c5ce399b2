// gallery: 0xC4 0x81
// An MDL is mapped with MmGetSystemAddressForMdl, which stops a machine that is short of memory.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#ifdef FIXED
    MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
#else
    MmGetSystemAddressForMdl(mdl);
#endif
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
