// gallery: 0xC4 0x1004
// A fast mutex that the dispatch routine acquired is released by a work item, which is another thread.
#include "skeleton.h"

static FAST_MUTEX Mutex;
static KEVENT Done;

static VOID Work(PDEVICE_OBJECT, PVOID Item) {
#ifndef FIXED
  KIRQL irql;
  KeRaiseIrql(APC_LEVEL, &irql);
  ExReleaseFastMutex(&Mutex);
#endif
  IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item));
  KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  ExInitializeFastMutex(&Mutex);
  KeInitializeEvent(&Done, NotificationEvent, FALSE);
  PIO_WORKITEM item = IoAllocateWorkItem(Device->Self);
  if (item == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  ExAcquireFastMutex(&Mutex);
  IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
  KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
#ifdef FIXED
  ExReleaseFastMutex(&Mutex);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
