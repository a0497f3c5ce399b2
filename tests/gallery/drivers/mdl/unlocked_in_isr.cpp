// gallery: 0xC4 0x78
// An interrupt service routine unlocks the pages of the finished transfer.
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
  if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(Mdl);
  IoFreeMdl(Mdl);
  ExFreePoolWithTag(Buffer, GALLERY_TAG);
}

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(Mdl);
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(Mdl);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Isr = Isr, .Dpc = Dpc};
