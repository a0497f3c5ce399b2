// gallery: 0xC2 0xA
// A buffer is freed with another tag than it was allocated with.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, 100, GALLERY_TAG);
  if (buffer == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  ExFreePoolWithTag(buffer, GALLERY_TAG);
#else
  ExFreePoolWithTag(buffer, 'rehO');
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
