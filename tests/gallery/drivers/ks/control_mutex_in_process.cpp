// gallery: 0xC4 0x8100B
// Process acquires the filter control mutex: the order is the other way round.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
#ifndef FIXED
  KsPinAcquireControl(Pin);
#endif
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading != NULL) {
    Fill(leading);
    KsStreamPointerUnlock(leading, TRUE);
  }
#ifndef FIXED
  KsPinReleaseControl(Pin);
#endif
  return leading != NULL ? STATUS_SUCCESS : STATUS_PENDING;
}

const HOOKS Hooks = {.Process = OnProcess};
