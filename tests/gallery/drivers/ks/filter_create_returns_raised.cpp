// gallery: 0xC4 0x81007 late
// A filter's Create takes a spin lock and returns with it.
// stimulus: stream
#include "stream_skeleton.h"

static KSPIN_LOCK Lock;

static NTSTATUS OnFilterCreate(PKSFILTER, PIRP) {
  KIRQL irql;
  KeInitializeSpinLock(&Lock);
  KeAcquireSpinLock(&Lock, &irql);
#ifdef FIXED
  KeReleaseSpinLock(&Lock, irql);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.FilterCreate = OnFilterCreate};
