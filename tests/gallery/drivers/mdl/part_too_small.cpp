// gallery: 0x40 address
// The MDL for a part is allocated for the part's length at the start of a page, and the part begins at its end.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmBuildMdlForNonPagedPool(mdl);
    PUCHAR start = static_cast<PUCHAR>(PAGE_ALIGN(buffer)) + PAGE_SIZE - 8;
#ifdef FIXED
    PMDL part = IoAllocateMdl(start, 100, FALSE, FALSE, NULL);
#else
    PMDL part = IoAllocateMdl(PAGE_ALIGN(start), 100, FALSE, FALSE, NULL);
#endif
    if (part != NULL) {
      IoBuildPartialMdl(mdl, part, start, 100);
      IoFreeMdl(part);
    }
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
