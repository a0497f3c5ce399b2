// The reference driver with one mistake: it never enables the chip's interrupts.
#include "registers.h"

static VOID VcapWriteButEnable(PVCAP_DEVICE Device, ULONG Offset, ULONG Value) {
  if (Offset != VCAP_INTR_ENABLE) VcapWrite(Device, Offset, Value);
}
#define VcapWrite VcapWriteButEnable
#include "interrupt.cpp"
