// gallery: 0xC9 0x1
// A request from IoBuildSynchronousFsdRequest is freed after it has come back: the I/O manager has done that.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KEVENT event;
  IO_STATUS_BLOCK iosb;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP flush = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Device->Lower, NULL, 0, NULL, &event, &iosb);
  if (flush == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  if (IoCallDriver(Device->Lower, flush) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
#ifndef FIXED
  IoFreeIrp(flush);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
