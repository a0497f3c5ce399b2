// gallery: 0xC4 0x81001
// The device mutex is released once more than it was acquired.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnSetState(PKSPIN Pin, KSSTATE To, KSSTATE From) {
  PKSDEVICE device = KsPinGetDevice(Pin);
  if (To == KSSTATE_RUN && From == KSSTATE_PAUSE) {
#ifdef FIXED
    UNREFERENCED_PARAMETER(device);
#else
    KsReleaseDevice(device);
#endif
  }
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.SetState = OnSetState};
