// gallery: 0xC4 0x82005 late
// Process waits 150 ms for the frame it fills, with the processing mutex held.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
#ifndef FIXED
  LARGE_INTEGER due;
  due.QuadPart = -1500000;
  KeDelayExecutionThread(KernelMode, FALSE, &due);
#endif
  Fill(leading);
  KsStreamPointerUnlock(leading, TRUE);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
