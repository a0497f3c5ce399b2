// gallery: 0xC9 0x23E late
// A request is marked pending, turns out to be done at once, and its final status is returned instead of
// STATUS_PENDING.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  IoMarkIrpPending(Irp);
#ifdef FIXED
  Complete(Irp, STATUS_SUCCESS);
  return STATUS_PENDING;
#else
  return Complete(Irp, STATUS_SUCCESS);
#endif
}

const HOOKS Hooks = {.Control = Control};
