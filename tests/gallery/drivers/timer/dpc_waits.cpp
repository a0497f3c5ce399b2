// gallery: 0xB8 address
// A DPC waits for the device with a wait for an event.
#include "skeleton.h"

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  KeStallExecutionProcessor(5);
#else
  KEVENT never;
  LARGE_INTEGER due;
  due.QuadPart = -50;
  KeInitializeEvent(&never, NotificationEvent, FALSE);
  KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, &due);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Dpc = Dpc};
