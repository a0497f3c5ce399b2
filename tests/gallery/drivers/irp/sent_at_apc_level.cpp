// gallery: 0xC9 0x302
// A synchronous request is sent while a fast mutex is held: at APC_LEVEL its event would never be set.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  FAST_MUTEX mutex;
  KEVENT event;
  IO_STATUS_BLOCK iosb;
  ExInitializeFastMutex(&mutex);
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  ExAcquireFastMutex(&mutex);
  PIRP flush = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Device->Lower, NULL, 0, NULL, &event, &iosb);
#ifdef FIXED
  ExReleaseFastMutex(&mutex);
#endif
  if (flush != NULL && IoCallDriver(Device->Lower, flush) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
#ifndef FIXED
  ExReleaseFastMutex(&mutex);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
