// gallery: 0xC4 0x2000A
// IoBuildDeviceIoControlRequest is called while a spin lock is held.
#include "skeleton.h"

static VOID Flush(PDEVICE Device) {
  KEVENT event;
  IO_STATUS_BLOCK iosb;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp =
      IoBuildDeviceIoControlRequest(IOCTL_GALLERY_NEITHER, Device->Lower, NULL, 0, NULL, 0, FALSE, &event, &iosb);
  if (irp != NULL && IoCallDriver(Device->Lower, irp) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  Flush(Device);
#ifndef FIXED
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
