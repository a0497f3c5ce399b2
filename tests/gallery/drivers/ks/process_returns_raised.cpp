// gallery: 0xC4 0x81008 late
// Process raises IRQL and returns so.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnProcess(PKSPIN Pin) {
  KIRQL irql;
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
  KsStreamPointerUnlock(leading, TRUE);
  KeRaiseIrql(APC_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Process = OnProcess};
