// gallery: 0xC1 address
// A loop over an array counts down one too far.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PULONG values = static_cast<PULONG>(ExAllocatePoolWithTag(NonPagedPool, 4 * sizeof(ULONG), GALLERY_TAG));
  if (values == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  const LONG last = 0;
#else
  const LONG last = -1;
#endif
  for (LONG i = 3; i >= last; --i) static_cast<volatile ULONG*>(values)[i] = 0;
  ExFreePoolWithTag(values, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
