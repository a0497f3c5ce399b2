// gallery: 0xC4 0x81005 late
// SetDataFormat returns STATUS_PENDING; it may only accept or refuse.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnSetFormat(PKSPIN) {
#ifdef FIXED
  return STATUS_SUCCESS;
#else
  return STATUS_PENDING;
#endif
}

const HOOKS Hooks = {.SetFormat = OnSetFormat};
