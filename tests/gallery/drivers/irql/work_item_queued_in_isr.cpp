// gallery: 0xC4 0x20022
// An interrupt service routine queues a work item.
#include "skeleton.h"

static PIO_WORKITEM Item;

static VOID Work(PDEVICE_OBJECT, PVOID) {}

static NTSTATUS Start(PDEVICE Device) {
  Item = IoAllocateWorkItem(Device->Self);
  return Item != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
static VOID Stop(PDEVICE) { IoFreeWorkItem(Item); }

static BOOLEAN Isr(PDEVICE Device) {
#ifndef FIXED
  IoQueueWorkItem(Item, Work, DelayedWorkQueue, NULL);
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

static VOID Dpc(PDEVICE Device) {
#ifdef FIXED
  IoQueueWorkItem(Item, Work, DelayedWorkQueue, NULL);
#endif
  FinishReads(Device);
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Isr = Isr, .Dpc = Dpc};
