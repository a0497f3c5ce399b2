// gallery: 0xC4 0x3A
// The critical region is left before the fast mutex that it guards is released.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  KeEnterCriticalRegion();
  ExAcquireFastMutexUnsafe(&mutex);
#ifdef FIXED
  ExReleaseFastMutexUnsafe(&mutex);
  KeLeaveCriticalRegion();
#else
  KeLeaveCriticalRegion();
  ExReleaseFastMutexUnsafe(&mutex);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
