// gallery: 0x133 0x0
// The interrupt service routine gives the device three milliseconds to take back its interrupt.
#include "skeleton.h"

static BOOLEAN Isr(PDEVICE Device) {
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
#ifdef FIXED
  READ_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK));  // the write has arrived
#else
  for (int i = 0; i < 60; ++i) KeStallExecutionProcessor(50);
#endif
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

const HOOKS Hooks = {.Isr = Isr};
