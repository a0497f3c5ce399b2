// The reference driver with one mistake: its ISR clears the causes and queues no DPC.
#include "registers.h"

static BOOLEAN InsertNothing(PKDPC Dpc) {
  UNREFERENCED_PARAMETER(Dpc);
  return FALSE;
}
#undef KeInsertQueueDpc
#define KeInsertQueueDpc(Dpc, First, Second) InsertNothing(Dpc)
#include "interrupt.cpp"
