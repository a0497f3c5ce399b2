// gallery: 0xDA 0x2
// The length of an MDL is changed to that of the answer while it is mapped.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    PVOID address = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
#ifndef FIXED
    mdl->ByteCount = 10;
#endif
    if (address != NULL) MmUnmapLockedPages(address, mdl);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
