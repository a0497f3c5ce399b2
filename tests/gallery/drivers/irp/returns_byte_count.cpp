// gallery: 0xC9 0x224 late
// The dispatch routine returns the number of bytes, as a function of the C library would, not the status.
#include "skeleton.h"

static NTSTATUS Write(PDEVICE, PIRP Irp) {
  const ULONG bytes = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
  Complete(Irp, STATUS_SUCCESS, bytes);
#ifdef FIXED
  return STATUS_SUCCESS;
#else
  return static_cast<NTSTATUS>(bytes);
#endif
}

const HOOKS Hooks = {.Write = Write};
