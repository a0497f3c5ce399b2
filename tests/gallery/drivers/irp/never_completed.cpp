// gallery: 0xC9 0x200 late
// A write that must wait for room is marked pending and put aside, and nobody takes it up again.
// stimulus: time-limit
#include "skeleton.h"

static NTSTATUS Write(PDEVICE, PIRP Irp) {
#ifdef FIXED
  return Complete(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
#else
  IoMarkIrpPending(Irp);
  return STATUS_PENDING;
#endif
}

const HOOKS Hooks = {.Write = Write};
