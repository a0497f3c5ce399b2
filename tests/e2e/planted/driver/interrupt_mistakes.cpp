// The ISR: it leaves the causes as they are, clears those that it has not read, or sets an event.
#include "mistakes.h"

static KEVENT BrokenEvent;

static VOID WriteCauses(PVCAP_DEVICE Device, ULONG Offset, ULONG Value) {
  if (Offset == VCAP_INTR_STATE) {
    if (Mistaken(L"keeps")) return;
    if (Mistaken(L"clears")) Value = VCAP_INTR_USED;
    if (Mistaken(L"sets")) KeSetEvent(&BrokenEvent, IO_NO_INCREMENT, FALSE);
  }
  VcapWrite(Device, Offset, Value);
}
#define VcapWrite WriteCauses
#include "interrupt.cpp"
