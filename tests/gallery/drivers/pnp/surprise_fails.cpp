// gallery: 0xC4 0x43006
// IRP_MN_SURPRISE_REMOVAL is failed because the device cannot be reached, which is why the request came.
// stimulus: surprise-remove
#include "skeleton.h"

static NTSTATUS SurpriseRemoval(PDEVICE Device, PIRP Irp) {
  ReleaseHardware(Device);
#ifdef FIXED
  Irp->IoStatus.Status = STATUS_SUCCESS;
  return PassDown(Device, Irp);
#else
  return Complete(Irp, STATUS_NO_SUCH_DEVICE);
#endif
}

const HOOKS Hooks = {.SurpriseRemoval = SurpriseRemoval};
