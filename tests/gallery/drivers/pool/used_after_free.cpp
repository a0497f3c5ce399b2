// gallery: 0xD5 address
// A buffer is read after it has been freed.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  volatile ULONG* values = static_cast<PULONG>(ExAllocatePoolWithTag(NonPagedPool, 4096, GALLERY_TAG));
  if (values == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  values[0] = 0;
#ifdef FIXED
  const ULONG value = values[0];
#endif
  ExFreePoolWithTag(const_cast<PULONG>(values), GALLERY_TAG);
#ifndef FIXED
  const ULONG value = values[0];
#endif
  return Complete(Irp, STATUS_SUCCESS, value == 0 ? 0 : 1);
}

const HOOKS Hooks = {.Control = Control};
