// gallery: 0xC4 0xB3
// An MDL is mapped before its pages are locked.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
#ifdef FIXED
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#endif
    RtlZeroMemory(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), 100);
#ifdef FIXED
    MmUnlockPages(mdl);
#endif
#ifndef FIXED
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    MmUnlockPages(mdl);
#endif
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
