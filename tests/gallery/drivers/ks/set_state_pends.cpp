// gallery: 0xC4 0x81005 late
// SetDeviceState returns STATUS_PENDING because the hardware takes its time to start.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnSetState(PKSPIN, KSSTATE To, KSSTATE) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(To);
  return STATUS_SUCCESS;
#else
  return To == KSSTATE_RUN ? STATUS_PENDING : STATUS_SUCCESS;
#endif
}

const HOOKS Hooks = {.SetState = OnSetState};
