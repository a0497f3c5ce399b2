// gallery: 0xC4 0x82003 late
// A filter's Create waits 600 ms for the firmware.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnFilterCreate(PKSFILTER, PIRP) {
#ifndef FIXED
  LARGE_INTEGER due;
  due.QuadPart = -6000000;
  KeDelayExecutionThread(KernelMode, FALSE, &due);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.FilterCreate = OnFilterCreate};
