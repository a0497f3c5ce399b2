// gallery: 0xC4 0x12
// An interrupt service routine frees pool.
#include "skeleton.h"

static PVOID Buffer;

static VOID Free() {
  if (Buffer != NULL) ExFreePoolWithTag(Buffer, GALLERY_TAG);
  Buffer = NULL;
}

static NTSTATUS Start(PDEVICE) {
  Buffer = ExAllocatePoolWithTag(NonPagedPool, 100, GALLERY_TAG);
  return Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  Free();
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  Free();
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Start = Start, .Isr = Isr, .Dpc = Dpc};
