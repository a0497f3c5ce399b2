// gallery: 0xC4 0x81004 late
// The clone of a frame the hardware has not filled yet stays locked when the pin stops.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED), clone = NULL;
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
  const NTSTATUS status = KsStreamPointerClone(leading, NULL, 0, &clone);
  KsStreamPointerUnlock(leading, TRUE);
#ifdef FIXED
  if (NT_SUCCESS(status)) KsStreamPointerDelete(clone);
#endif
  return status;
}

const HOOKS Hooks = {.Process = OnProcess};
