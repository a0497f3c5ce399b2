// gallery: 0xC4 0x82001 late
// SetDeviceState waits 600 ms for the hardware.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnSetState(PKSPIN, KSSTATE To, KSSTATE) {
#ifndef FIXED
  LARGE_INTEGER due;
  due.QuadPart = -6000000;
  if (To == KSSTATE_RUN) KeDelayExecutionThread(KernelMode, FALSE, &due);
#else
  UNREFERENCED_PARAMETER(To);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.SetState = OnSetState};
