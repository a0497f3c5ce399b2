// gallery: 0x1E 0xC0000046
// A mutex that the dispatch routine acquired is released by a work item, which is another thread.
#include "skeleton.h"

static KMUTEX Mutex;
static KEVENT Worked;

static VOID Work(PDEVICE_OBJECT, PVOID Item) {
#ifndef FIXED
  KeReleaseMutex(&Mutex, FALSE);
#endif
  IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item));
  KeSetEvent(&Worked, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KeInitializeMutex(&Mutex, 0);
  KeInitializeEvent(&Worked, NotificationEvent, FALSE);
  PIO_WORKITEM item = IoAllocateWorkItem(Device->Self);
  if (item == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
  IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
  KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
#ifdef FIXED
  KeReleaseMutex(&Mutex, FALSE);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
