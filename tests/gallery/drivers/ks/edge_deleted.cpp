// gallery: 0xC4 0x8100C
// The leading edge is deleted as if it were a clone.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
#ifdef FIXED
  KsStreamPointerUnlock(leading, TRUE);
#else
  KsStreamPointerDelete(leading);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
