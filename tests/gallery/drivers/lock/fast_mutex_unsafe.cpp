// gallery: 0xC4 0x39
// A fast mutex is acquired with the Unsafe routine while APCs are enabled.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
#ifdef FIXED
  KeEnterCriticalRegion();
#endif
  ExAcquireFastMutexUnsafe(&mutex);
  ExReleaseFastMutexUnsafe(&mutex);
#ifdef FIXED
  KeLeaveCriticalRegion();
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
