// gallery: 0xC9 0xE
// An interrupt service routine completes the request the interrupt was for.
#include "skeleton.h"

static PIRP Current;

static NTSTATUS Read(PDEVICE, PIRP Irp) {
  IoMarkIrpPending(Irp);
  Current = Irp;
  return STATUS_PENDING;
}

static VOID Finish() {
  if (Current != NULL) Complete(Current, STATUS_SUCCESS);
  Current = NULL;
}

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  Finish();
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  Finish();
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Read = Read, .Isr = Isr, .Dpc = Dpc};
