// gallery: 0xC4 0x34
// IRQL is lowered by hand while a fast mutex is held, and the mutex released below APC_LEVEL.
#include "skeleton.h"

static NTSTATUS Control(PDEVICE, PIRP Irp) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  ExAcquireFastMutex(&mutex);
#ifndef FIXED
  KeLowerIrql(PASSIVE_LEVEL);
#endif
  ExReleaseFastMutex(&mutex);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
