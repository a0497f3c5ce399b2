// gallery: 0xC4 0x82005
// SetDeviceState keeps the processing mutex for 150 ms instead of closing a gate.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnSetState(PKSPIN Pin, KSSTATE To, KSSTATE) {
  LARGE_INTEGER due;
  due.QuadPart = -1500000;
  if (To != KSSTATE_ACQUIRE) return STATUS_SUCCESS;
#ifndef FIXED
  KsPinAcquireProcessingMutex(Pin);
  KeDelayExecutionThread(KernelMode, FALSE, &due);
  KsPinReleaseProcessingMutex(Pin);
#else
  KsGateAddOffInputToAnd(KsPinGetAndGate(Pin));
  KeDelayExecutionThread(KernelMode, FALSE, &due);
  KsGateRemoveOffInputFromAnd(KsPinGetAndGate(Pin));
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.SetState = OnSetState};
