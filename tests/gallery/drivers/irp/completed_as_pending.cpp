// gallery: 0xC9 0x6
// The status that the routine returns, STATUS_PENDING, is also what it completes the request with.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  const NTSTATUS status = STATUS_PENDING;
  IoMarkIrpPending(Irp);
#ifdef FIXED
  Complete(Irp, STATUS_SUCCESS);
#else
  Complete(Irp, status);
#endif
  return status;
}

const HOOKS Hooks = {.Control = Control};
