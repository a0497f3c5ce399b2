// gallery: 0xC4 0x85
// The flag of locked pages is set in an MDL by hand, and the MDL mapped.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#ifndef FIXED
    MmUnlockPages(mdl);
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
#endif
    MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
