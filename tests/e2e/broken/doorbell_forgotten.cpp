// The reference driver with one mistake: it writes descriptors, and does not tell the chip.
#include "registers.h"

static VOID VcapWriteButTail(PVCAP_DEVICE Device, ULONG Offset, ULONG Value) {
  if (Offset != VCAP_RING_TAIL) VcapWrite(Device, Offset, Value);
}
#define VcapWrite VcapWriteButTail
#include "ring.cpp"
