// gallery: 0xC4 0x81005 late
// Process returns STATUS_SUCCESS, which means "call me again", and leaves the frame where it is.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
#ifdef FIXED
  KsStreamPointerUnlock(leading, TRUE);
#else
  KsStreamPointerUnlock(leading, FALSE);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
