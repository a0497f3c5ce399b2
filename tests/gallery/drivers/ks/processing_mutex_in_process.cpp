// gallery: 0xC4 0x8100B
// Process acquires the processing mutex, which AVStream holds while it is called.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
#ifndef FIXED
  KsPinAcquireProcessingMutex(Pin);
#endif
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading != NULL) {
    Fill(leading);
    KsStreamPointerUnlock(leading, TRUE);
  }
#ifndef FIXED
  KsPinReleaseProcessingMutex(Pin);
#endif
  return leading != NULL ? STATUS_SUCCESS : STATUS_PENDING;
}

const HOOKS Hooks = {.Process = OnProcess};
