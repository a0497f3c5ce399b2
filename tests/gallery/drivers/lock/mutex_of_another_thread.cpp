// gallery: 0x1E 0xC0000046
// A mutex that the dispatch routine acquired is released by a work item, which is another thread.
#include "skeleton.h"

static KMUTEX Mutex;

static VOID Work(PDEVICE_OBJECT, PVOID Item) {
#ifndef FIXED
  KeReleaseMutex(&Mutex, FALSE);
#endif
  IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item));
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KeInitializeMutex(&Mutex, 0);
  PIO_WORKITEM item = IoAllocateWorkItem(Device->Self);
  if (item == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
  IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
#ifdef FIXED
  KeReleaseMutex(&Mutex, FALSE);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
