// gallery: 0xC4 0x62 late
// Each event allocates a work item that its routine does not free.
#include "skeleton.h"

static VOID Work(PDEVICE_OBJECT, PVOID Item) {
#ifdef FIXED
  IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item));
#else
  UNREFERENCED_PARAMETER(Item);
#endif
}

static VOID Dpc(PDEVICE Device) {
  PIO_WORKITEM item = IoAllocateWorkItem(Device->Self);
  if (item != NULL) IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
  FinishReads(Device);
}

const HOOKS Hooks = {.Dpc = Dpc};
