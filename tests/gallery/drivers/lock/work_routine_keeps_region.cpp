// gallery: 0x1 address late
// A work routine enters a critical region and returns in it.
#include "skeleton.h"

static VOID Work(PDEVICE_OBJECT, PVOID Item) {
  KeEnterCriticalRegion();
  IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item));
#ifdef FIXED
  KeLeaveCriticalRegion();
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIO_WORKITEM item = IoAllocateWorkItem(Device->Self);
  if (item != NULL) IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
