// gallery: 0xC4 0xB2
// An MDL that MmGetSystemAddressForMdlSafe has mapped is mapped again.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    PVOID first = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
#ifdef FIXED
    PVOID second = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
#else
    PVOID second = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
#endif
    if (first != NULL && second != NULL) RtlMoveMemory(first, second, 8);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
