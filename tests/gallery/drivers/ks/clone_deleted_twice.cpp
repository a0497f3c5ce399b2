// gallery: 0xC4 0x8100C
// A clone is deleted when its frame is done and again when the pin is flushed.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED), clone = NULL;
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
  const NTSTATUS status = KsStreamPointerClone(leading, NULL, 0, &clone);
  KsStreamPointerUnlock(leading, TRUE);
  if (NT_SUCCESS(status)) {
    KsStreamPointerDelete(clone);
#ifndef FIXED
    KsStreamPointerDelete(clone);
#endif
  }
  return status;
}

const HOOKS Hooks = {.Process = OnProcess};
