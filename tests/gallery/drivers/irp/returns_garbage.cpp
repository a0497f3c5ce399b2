// gallery: 0xC9 0x21B late
// A dispatch routine returns a status from memory that was never set.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PNTSTATUS result = static_cast<PNTSTATUS>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(NTSTATUS), GALLERY_TAG));
  if (result == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  *result = STATUS_SUCCESS;
#endif
  const NTSTATUS status = *result;
  ExFreePoolWithTag(result, GALLERY_TAG);
  Complete(Irp, STATUS_SUCCESS);
  return status;
}

const HOOKS Hooks = {.Control = Control};
