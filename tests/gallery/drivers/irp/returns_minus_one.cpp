// gallery: 0xC9 0x225 late
// The dispatch routine says "failed" as a Unix programmer would: return -1.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  const NTSTATUS status = Complete(Irp, STATUS_SUCCESS);
#ifdef FIXED
  return status;
#else
  return NT_SUCCESS(status) ? -1 : status;
#endif
}

const HOOKS Hooks = {.Control = Control};
