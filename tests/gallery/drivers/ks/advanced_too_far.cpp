// gallery: 0xC4 0x8100C
// The leading edge is moved by a whole page, which is more than the frame has left.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
#ifdef FIXED
  const ULONG used = leading->OffsetOut.Remaining;
#else
  const ULONG used = static_cast<ULONG>(ROUND_TO_PAGES(leading->OffsetOut.Remaining));
#endif
  KsStreamPointerAdvanceOffsetsAndUnlock(leading, 0, used, FALSE);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
