// gallery: 0xC4 0x89
// The page number of the device's registers is written into an MDL that describes memory.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, PAGE_SIZE, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    const PFN_NUMBER page = MmGetMdlPfnArray(mdl)[0];
#ifdef FIXED
    UNREFERENCED_PARAMETER(Device);
#else
    MmGetMdlPfnArray(mdl)[0] = static_cast<PFN_NUMBER>(Device->RegisterBase.QuadPart >> PAGE_SHIFT);
#endif
    MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    MmGetMdlPfnArray(mdl)[0] = page;
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
