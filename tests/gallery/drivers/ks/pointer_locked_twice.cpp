// gallery: 0xC4 0x81003
// The leading edge, which comes locked, is locked again.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
#ifdef FIXED
  const KSSTREAM_POINTER_STATE state = KSSTREAM_POINTER_STATE_UNLOCKED;
#else
  const KSSTREAM_POINTER_STATE state = KSSTREAM_POINTER_STATE_LOCKED;
#endif
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, state);
  if (leading == NULL || !NT_SUCCESS(KsStreamPointerLock(leading))) return STATUS_PENDING;
  Fill(leading);
  KsStreamPointerUnlock(leading, TRUE);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
