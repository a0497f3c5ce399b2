// gallery: 0xC4 0x1
// Paged pool is allocated while a spin lock is held.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, 100, GALLERY_TAG);
#else
  PVOID buffer = ExAllocatePoolWithTag(PagedPool, 100, GALLERY_TAG);
#endif
  KeReleaseSpinLock(&Device->Lock, irql);
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
