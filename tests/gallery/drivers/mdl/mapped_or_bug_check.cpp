// gallery: 0xC4 0x82
// MmMapLockedPagesSpecifyCache is told to stop the machine if it fails.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#ifdef FIXED
    const ULONG bug_check = FALSE;
#else
    const ULONG bug_check = TRUE;
#endif
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, bug_check, NormalPagePriority);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
