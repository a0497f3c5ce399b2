// gallery: 0xC4 0x15
// A structure is freed with its timer running.
#include "skeleton.h"

struct WATCHDOG {
  KTIMER Timer;
  KDPC Dpc;
};

static VOID Expired(PKDPC, PVOID, PVOID, PVOID) {}

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  WATCHDOG* watchdog = static_cast<WATCHDOG*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(WATCHDOG), GALLERY_TAG));
  if (watchdog == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  LARGE_INTEGER second;
  second.QuadPart = -10000000;
  KeInitializeTimer(&watchdog->Timer);
  KeInitializeDpc(&watchdog->Dpc, Expired, NULL);
  KeSetTimer(&watchdog->Timer, second, &watchdog->Dpc);
#ifdef FIXED
  if (!KeCancelTimer(&watchdog->Timer)) KeFlushQueuedDpcs();
#endif
  ExFreePoolWithTag(watchdog, GALLERY_TAG);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
