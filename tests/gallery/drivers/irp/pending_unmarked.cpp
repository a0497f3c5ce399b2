// gallery: 0xC9 0x23D late
// A read is kept for the interrupt and STATUS_PENDING returned, without IoMarkIrpPending.
#include "skeleton.h"

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  IoMarkIrpPending(Irp);
#endif
  *static_cast<PIRP*>(Device->Context) = Irp;
  return STATUS_PENDING;
}

static VOID Finish(PDEVICE Device) {
  PIRP irp = *static_cast<PIRP*>(Device->Context);
  if (irp != NULL) Complete(irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.ContextBytes = sizeof(PIRP), .Read = Read, .Dpc = Finish};
