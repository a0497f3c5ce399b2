// gallery: 0xC4 0x81006 late
// Add raises IRQL for what it shares with its interrupt and returns so.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnAdd(PKSDEVICE) {
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Add = OnAdd};
