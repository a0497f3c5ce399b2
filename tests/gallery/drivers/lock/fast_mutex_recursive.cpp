// gallery: 0xC4 0x1000
// A fast mutex is acquired by the thread that owns it; unlike a KMUTEX it does not count.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  ExAcquireFastMutex(&mutex);
#ifndef FIXED
  ExAcquireFastMutex(&mutex);
  ExReleaseFastMutex(&mutex);
#endif
  ExReleaseFastMutex(&mutex);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
