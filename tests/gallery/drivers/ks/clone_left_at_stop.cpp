// gallery: 0xC4 0x81002 late
// Clones are unlocked when their frames are done and never deleted.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED), clone = NULL;
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
  const NTSTATUS status = KsStreamPointerClone(leading, NULL, 0, &clone);
  KsStreamPointerUnlock(leading, TRUE);
  if (NT_SUCCESS(status)) {
#ifdef FIXED
    KsStreamPointerDelete(clone);
#else
    KsStreamPointerUnlock(clone, FALSE);
#endif
  }
  return status;
}

const HOOKS Hooks = {.Process = OnProcess};
