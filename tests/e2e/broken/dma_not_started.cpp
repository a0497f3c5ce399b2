// The reference driver with one mistake: it never sets ENABLE.
#include "registers.h"

static VOID VcapWriteButEnable(PVCAP_DEVICE Device, ULONG Offset, ULONG Value) {
  if (Offset != VCAP_CTRL || Value != VCAP_CTRL_ENABLE) VcapWrite(Device, Offset, Value);
}
#define VcapWrite VcapWriteButEnable
#include "stream.cpp"
