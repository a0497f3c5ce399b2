// gallery: 0xC4 0x81003
// The leading edge is unlocked where the frame is filled and again at the end of Process.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
#ifndef FIXED
  KsStreamPointerUnlock(leading, FALSE);
#endif
  KsStreamPointerUnlock(leading, TRUE);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
