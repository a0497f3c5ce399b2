// gallery: 0xC4 0x13
// A buffer is freed on the error path, and again where all buffers are freed.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PVOID buffer = ExAllocatePoolWithTag(NonPagedPool, 100, GALLERY_TAG);
  if (buffer == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  ExFreePoolWithTag(buffer, GALLERY_TAG);
#ifdef FIXED
  buffer = NULL;
#endif
  if (buffer != NULL) ExFreePoolWithTag(buffer, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
