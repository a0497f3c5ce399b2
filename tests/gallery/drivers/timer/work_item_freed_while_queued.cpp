// gallery: 0xE4 0x2
// A work item is queued and freed at once, as if IoQueueWorkItem had copied it.
#include "skeleton.h"

static VOID Work(PDEVICE_OBJECT, PVOID Item) {
#ifdef FIXED
  IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item));
#else
  UNREFERENCED_PARAMETER(Item);
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIO_WORKITEM item = IoAllocateWorkItem(Device->Self);
  if (item == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
#ifndef FIXED
  IoFreeWorkItem(item);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
