// gallery: 0xC4 0x8100A
// Process releases a filter control mutex that it has not acquired.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
  KsStreamPointerUnlock(leading, TRUE);
#ifndef FIXED
  KsPinReleaseControl(Pin);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
