// gallery: 0xC4 0x105
// The driver's own request is freed with ExFreePool.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIRP own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  IoFreeIrp(own);
#else
  ExFreePool(own);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
