// gallery: 0xC4 0xB5
// A partial MDL is unmapped that shares the mapping of its source.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PMDL part = IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL);
    if (part != NULL) {
      IoBuildPartialMdl(mdl, part, static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl)) + 100, 200);
#ifndef FIXED
      MmUnmapLockedPages(part->MappedSystemVa, part);
#endif
      IoFreeMdl(part);
    }
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
