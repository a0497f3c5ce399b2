// gallery: 0xC7 0x0 late
// A timer in the driver's own data is still running when the driver is unloaded.
#include "skeleton.h"

static KTIMER Timer;

static NTSTATUS Start(PDEVICE) {
  LARGE_INTEGER due;
  due.QuadPart = -10000000;
  KeInitializeTimer(&Timer);
  KeSetTimerEx(&Timer, due, 1000, NULL);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE) {
#ifdef FIXED
  KeCancelTimer(&Timer);
#endif
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop};
