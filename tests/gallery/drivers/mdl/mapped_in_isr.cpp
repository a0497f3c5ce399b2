// gallery: 0xC4 0x76
// An interrupt service routine maps the buffer of the transfer.
#include "skeleton.h"

static PVOID Buffer;
static PMDL Mdl;

static NTSTATUS Start(PDEVICE) {
  Buffer = ExAllocatePoolWithTag(NonPagedPool, 4096, GALLERY_TAG);
  Mdl = Buffer != NULL ? IoAllocateMdl(Buffer, 4096, FALSE, FALSE, NULL) : NULL;
  if (Mdl == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE) {
  MmUnlockPages(Mdl);
  IoFreeMdl(Mdl);
  ExFreePoolWithTag(Buffer, GALLERY_TAG);
}

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Isr = Isr, .Dpc = Dpc};
