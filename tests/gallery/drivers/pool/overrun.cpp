// gallery: 0xC1 address
// A string is copied with its terminator into a buffer that was allocated without it.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  static const char name[] = "gallery";
#ifdef FIXED
  const SIZE_T bytes = sizeof(name);
#else
  const SIZE_T bytes = sizeof(name) - 1;
#endif
  PVOID copy = ExAllocatePoolWithTag(NonPagedPool, bytes, GALLERY_TAG);
  if (copy == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  RtlCopyMemory(copy, name, sizeof(name));
  ExFreePoolWithTag(copy, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
