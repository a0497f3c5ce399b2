// gallery: 0xC4 0x4000E
// A guarded region is left although releasing the guarded mutex has left it.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  static KGUARDED_MUTEX mutex;
  KeInitializeGuardedMutex(&mutex);
  KeAcquireGuardedMutex(&mutex);
  KeReleaseGuardedMutex(&mutex);
#ifndef FIXED
  KeLeaveGuardedRegion();
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
