// gallery: 0xF2 address late
// The interrupt service routine claims the interrupt and leaves clearing its cause to the DPC, which never comes to
// run.
#include "skeleton.h"

static BOOLEAN Isr(PDEVICE Device) {
#ifdef FIXED
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
#endif
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifndef FIXED
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Isr = Isr, .Dpc = Dpc};
