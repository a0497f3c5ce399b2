// gallery: 0xC4 0xE2
// A driver hands the application's buffer on in a KernelMode request of its own: nobody below will probe it.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KEVENT event;
  IO_STATUS_BLOCK iosb;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
#ifdef FIXED
  PVOID buffer = Irp->AssociatedIrp.SystemBuffer;
#else
  PVOID buffer = Irp->UserBuffer;
#endif
  PIRP ask = IoBuildDeviceIoControlRequest(IOCTL_GALLERY_NEITHER, Device->Lower, NULL, 0, buffer, GALLERY_CONTROL_BYTES,
                                           FALSE, &event, &iosb);
  if (ask == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  if (IoCallDriver(Device->Lower, ask) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
