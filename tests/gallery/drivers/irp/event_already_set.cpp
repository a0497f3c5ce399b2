// gallery: 0xC9 0x307
// A synchronous request is given an event that is still set from the one before: the wait would not wait.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KEVENT event;
  IO_STATUS_BLOCK iosb;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
#ifdef FIXED
  KeClearEvent(&event);
#endif
  PIRP ask = IoBuildDeviceIoControlRequest(IOCTL_GALLERY_WAIT, Device->Lower, NULL, 0, NULL, 0, FALSE, &event, &iosb);
  if (ask == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  IoCallDriver(Device->Lower, ask);
  IoCancelIrp(ask);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Filter = TRUE, .Control = Control};
