// gallery: 0xC9 0x300
// A request is completed with a status from memory that was never set.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  PNTSTATUS result = static_cast<PNTSTATUS>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(NTSTATUS), GALLERY_TAG));
  if (result == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  *result = STATUS_SUCCESS;
#endif
  const NTSTATUS status = *result;
  ExFreePoolWithTag(result, GALLERY_TAG);
  return Complete(Irp, status);
}

const HOOKS Hooks = {.Control = Control};
