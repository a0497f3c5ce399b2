// gallery: 0xC7 0x2 late
// The routine of a timer in pool would be called after the driver has been unloaded.
#include "skeleton.h"

struct WATCHDOG {
  KTIMER Timer;
  KDPC Dpc;
};
static WATCHDOG* Watchdog;

static VOID Expired(PKDPC, PVOID, PVOID, PVOID) {}

static NTSTATUS Start(PDEVICE) {
  LARGE_INTEGER second;
  second.QuadPart = -10000000;
  Watchdog = static_cast<WATCHDOG*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(WATCHDOG), GALLERY_TAG));
  if (Watchdog == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeTimer(&Watchdog->Timer);
  KeInitializeDpc(&Watchdog->Dpc, Expired, NULL);
  KeSetTimerEx(&Watchdog->Timer, second, 1000, &Watchdog->Dpc);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE) {
#ifdef FIXED
  KeCancelTimer(&Watchdog->Timer);
  KeFlushQueuedDpcs();
  ExFreePoolWithTag(Watchdog, GALLERY_TAG);
#endif
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop};
