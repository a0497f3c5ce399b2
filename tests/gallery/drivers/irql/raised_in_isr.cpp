// gallery: 0xC4 0x111 late
// An interrupt service routine raises IRQL to be alone and returns so.
#include "skeleton.h"

static BOOLEAN Isr(PDEVICE Device) {
  KIRQL irql;
  KeRaiseIrql(HIGH_LEVEL, &irql);
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

const HOOKS Hooks = {.Isr = Isr};
