// gallery: 0xC4 0x82004 late
// A pin's Create waits 600 ms for the sensor.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnPinCreate(PKSPIN, PIRP) {
#ifndef FIXED
  LARGE_INTEGER due;
  due.QuadPart = -6000000;
  KeDelayExecutionThread(KernelMode, FALSE, &due);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.PinCreate = OnPinCreate};
