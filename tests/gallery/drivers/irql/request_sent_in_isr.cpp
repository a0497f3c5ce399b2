// gallery: 0xC9 0x10
// An interrupt service routine sends a request to the driver below.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_MORE_PROCESSING_REQUIRED; }

static PIRP Own;

static NTSTATUS Start(PDEVICE Device) {
  Own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  return Own != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
static VOID Stop(PDEVICE) { IoFreeIrp(Own); }

static VOID Ask(PDEVICE Device) {
  IoGetNextIrpStackLocation(Own)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  IoSetCompletionRoutine(Own, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, Own);
}

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  Ask(Device);
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  Ask(Device);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Isr = Isr, .Dpc = Dpc};
