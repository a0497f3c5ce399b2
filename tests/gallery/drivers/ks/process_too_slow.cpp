// gallery: 0xC4 0x82004 late
// Process waits 600 ms for the frame it fills.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
#ifndef FIXED
  LARGE_INTEGER due;
  due.QuadPart = -6000000;
  KeDelayExecutionThread(KernelMode, FALSE, &due);
#endif
  Fill(leading);
  KsStreamPointerUnlock(leading, TRUE);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
