// gallery: 0xC4 0x33
// A DPC protects a list with a fast mutex, for which it would have to wait.
#include "skeleton.h"

static FAST_MUTEX Mutex;

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  KeAcquireSpinLockAtDpcLevel(&Device->Lock);
  KeReleaseSpinLockFromDpcLevel(&Device->Lock);
#else
  ExAcquireFastMutex(&Mutex);
  ExReleaseFastMutex(&Mutex);
#endif
  FinishReads(Device);
}

static VOID Entry(PDRIVER_OBJECT) { ExInitializeFastMutex(&Mutex); }

const HOOKS Hooks = {.Entry = Entry, .Dpc = Dpc};
