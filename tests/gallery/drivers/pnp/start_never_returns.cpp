// gallery: 0x1D5 0x0 late
// IRP_MN_START_DEVICE waits for an interrupt of the device without a time-out; this device sends none by itself.
#include "skeleton.h"

static KEVENT Ready;

static NTSTATUS Start(PDEVICE) {
  KeInitializeEvent(&Ready, NotificationEvent, FALSE);
#ifdef FIXED
  LARGE_INTEGER limit;
  limit.QuadPart = -10000;
  KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, &limit);
#else
  KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, NULL);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Start = Start};
