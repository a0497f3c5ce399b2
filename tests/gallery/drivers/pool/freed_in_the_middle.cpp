// gallery: 0xC1 address
// A pointer that has walked through the buffer is what is freed.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PUCHAR buffer = static_cast<PUCHAR>(ExAllocatePoolWithTag(NonPagedPool, 64, GALLERY_TAG));
  if (buffer == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  PUCHAR at = buffer;
  for (ULONG i = 0; i < 16; ++i) *at++ = 0;
#ifdef FIXED
  ExFreePoolWithTag(buffer, GALLERY_TAG);
#else
  ExFreePoolWithTag(at, GALLERY_TAG);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
