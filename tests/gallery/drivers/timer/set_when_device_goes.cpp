// gallery: 0xC4 0x15
// A periodic timer in the device extension is not cancelled before the device is deleted.
#include "skeleton.h"

static NTSTATUS Start(PDEVICE Device) {
  PKTIMER timer = static_cast<PKTIMER>(Device->Context);
  LARGE_INTEGER due;
  due.QuadPart = -10000;
  KeInitializeTimer(timer);
  KeSetTimerEx(timer, due, 1, NULL);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE Device) {
#ifdef FIXED
  KeCancelTimer(static_cast<PKTIMER>(Device->Context));
#else
  UNREFERENCED_PARAMETER(Device);
#endif
}

const HOOKS Hooks = {.ContextBytes = sizeof(KTIMER), .Start = Start, .Stop = Stop};
