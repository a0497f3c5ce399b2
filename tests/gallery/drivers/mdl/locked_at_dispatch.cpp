// gallery: 0xC4 0x70
// The pages of a pageable buffer are locked while IRQL is DISPATCH_LEVEL.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 5000, GALLERY_TAG);
  PMDL mdl = buffer != NULL ? IoAllocateMdl(buffer, 5000, FALSE, FALSE, NULL) : NULL;
  const NTSTATUS status = mdl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (mdl != NULL) {
    KIRQL irql;
#ifdef FIXED
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
#else
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#endif
    MmUnlockPages(mdl);
    KeLowerIrql(irql);
    IoFreeMdl(mdl);
  }
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
