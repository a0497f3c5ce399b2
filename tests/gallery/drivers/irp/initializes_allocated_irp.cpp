// gallery: 0xC9 0x238
// A request from IoAllocateIrp is initialised once more with IoInitializeIrp, which is for a driver's own memory.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  const CCHAR locations = Device->Lower->StackSize;
  PIRP own = IoAllocateIrp(locations, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifndef FIXED
  IoInitializeIrp(own, IoSizeOfIrp(locations), locations);
#endif
  IoFreeIrp(own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
