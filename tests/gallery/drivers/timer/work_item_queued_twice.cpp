// gallery: 0xE4 0x1
// One work item serves every event, and two events come in a row.
#include "skeleton.h"

static PIO_WORKITEM Item;
static LONG Queued;

static VOID Work(PDEVICE_OBJECT, PVOID) { InterlockedExchange(&Queued, 0); }

static VOID Notify() {
#ifdef FIXED
  if (InterlockedExchange(&Queued, 1) != 0) return;
#endif
  IoQueueWorkItem(Item, Work, DelayedWorkQueue, NULL);
}

static NTSTATUS Start(PDEVICE Device) {
  Item = IoAllocateWorkItem(Device->Self);
  return Item != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static VOID Dpc(PDEVICE Device) {
  Notify();
  Notify();
  FinishReads(Device);
}

static VOID Stop(PDEVICE) { IoFreeWorkItem(Item); }

const HOOKS Hooks = {.Start = Start, .Stop = Stop, .Dpc = Dpc};
