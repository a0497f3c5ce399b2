// gallery: 0xC9 0x226 late
// A write of which there is nothing to do is answered with STATUS_SUCCESS and never completed.
#include "skeleton.h"

static NTSTATUS Write(PDEVICE, PIRP Irp) {
#ifdef FIXED
  return Complete(Irp, STATUS_SUCCESS);
#else
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  return STATUS_SUCCESS;
#endif
}

const HOOKS Hooks = {.Write = Write};
