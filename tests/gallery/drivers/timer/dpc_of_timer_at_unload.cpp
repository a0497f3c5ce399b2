// gallery: 0xC7 0x1 late
// The DPC of a timer lies in the driver's own data, and the timer is still set when the driver is unloaded.
#include "skeleton.h"

static KDPC Dpc;
static PKTIMER Timer;

static VOID Expired(PKDPC, PVOID, PVOID, PVOID) {}

static NTSTATUS Start(PDEVICE) {
  LARGE_INTEGER second;
  second.QuadPart = -10000000;
  Timer = static_cast<PKTIMER>(ExAllocatePoolWithTag(NonPagedPool, sizeof(KTIMER), GALLERY_TAG));
  if (Timer == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeTimer(Timer);
  KeInitializeDpc(&Dpc, Expired, NULL);
  KeSetTimerEx(Timer, second, 1000, &Dpc);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE) {
#ifdef FIXED
  KeCancelTimer(Timer);
  KeFlushQueuedDpcs();
  ExFreePoolWithTag(Timer, GALLERY_TAG);
#endif
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop};
