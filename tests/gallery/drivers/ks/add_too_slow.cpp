// gallery: 0xC4 0x82002 late
// Add waits 600 ms for the firmware.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnAdd(PKSDEVICE) {
#ifndef FIXED
  LARGE_INTEGER due;
  due.QuadPart = -6000000;
  KeDelayExecutionThread(KernelMode, FALSE, &due);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Add = OnAdd};
