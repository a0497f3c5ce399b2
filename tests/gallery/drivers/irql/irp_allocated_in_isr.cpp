// gallery: 0xC4 0x20022
// An interrupt service routine allocates a request.
#include "skeleton.h"

static VOID Poll(PDEVICE Device) {
  PIRP irp = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (irp != NULL) IoFreeIrp(irp);
}

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  Poll(Device);
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  Poll(Device);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Isr = Isr, .Dpc = Dpc};
