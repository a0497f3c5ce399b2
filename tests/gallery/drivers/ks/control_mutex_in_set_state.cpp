// gallery: 0xC4 0x8100A
// SetDeviceState acquires the filter control mutex, which AVStream holds while it is called.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnSetState(PKSPIN Pin, KSSTATE, KSSTATE) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(Pin);
#else
  KsPinAcquireControl(Pin);
  KsPinReleaseControl(Pin);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.SetState = OnSetState};
