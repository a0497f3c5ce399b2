// gallery: 0xC9 0xC late
// A function sends a request with its own status block and returns without waiting for it.
// stimulus: filter
#include "skeleton.h"

static VOID Ask(PDEVICE Device) {
  KEVENT event;
  IO_STATUS_BLOCK iosb;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP ask = IoBuildDeviceIoControlRequest(IOCTL_GALLERY_WAIT, Device->Lower, NULL, 0, NULL, 0, FALSE, &event, &iosb);
  if (ask == NULL || IoCallDriver(Device->Lower, ask) != STATUS_PENDING) return;
#ifdef FIXED
  IoCancelIrp(ask);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  Ask(Device);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Filter = TRUE, .Control = Control};
