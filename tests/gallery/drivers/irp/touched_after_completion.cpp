// gallery: 0xD5 address
// The status to return is read from the request after it has been completed, and so freed.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
#ifdef FIXED
  return Complete(Irp, STATUS_SUCCESS);
#else
  Complete(Irp, STATUS_SUCCESS);
  return Irp->IoStatus.Status;
#endif
}

const HOOKS Hooks = {.Control = Control};
