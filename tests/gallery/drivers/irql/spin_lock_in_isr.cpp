// gallery: 0xC4 0x42
// An interrupt service routine takes the spin lock that its DPC and dispatch routines share.
#include "skeleton.h"

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  KIRQL irql;
  KeAcquireSpinLock(&Device->Lock, &irql);
  KeReleaseSpinLock(&Device->Lock, irql);
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

const HOOKS Hooks = {.Isr = Isr};
