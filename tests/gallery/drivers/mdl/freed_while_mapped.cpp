// gallery: 0xC4 0xB8
// An MDL is freed with its pages still mapped.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
#ifdef FIXED
    MmUnlockPages(mdl);
#endif
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
