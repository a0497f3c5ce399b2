// gallery: 0xC7 0x0
// A timer is set that KeInitializeTimer was never called for.
#include "skeleton.h"

static NTSTATUS Start(PDEVICE Device) {
  PKTIMER timer = static_cast<PKTIMER>(Device->Context);
  LARGE_INTEGER due;
  due.QuadPart = -10000;
#ifdef FIXED
  KeInitializeTimer(timer);
#endif
  KeSetTimer(timer, due, NULL);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE Device) { KeCancelTimer(static_cast<PKTIMER>(Device->Context)); }

const HOOKS Hooks = {.ContextBytes = sizeof(KTIMER), .Start = Start, .Stop = Stop};
