// gallery: 0xCE address late
// A work routine is still running when the driver is unloaded: ExQueueWorkItem holds no reference to it.
#include "skeleton.h"

static WORK_QUEUE_ITEM Item;
static KEVENT Done;

static VOID Work(PVOID) {
  LARGE_INTEGER second;
  second.QuadPart = -10000000;
  KeDelayExecutionThread(KernelMode, FALSE, &second);
  KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS Start(PDEVICE) {
  KeInitializeEvent(&Done, NotificationEvent, FALSE);
  ExInitializeWorkItem(&Item, Work, NULL);
  ExQueueWorkItem(&Item, DelayedWorkQueue);
  return STATUS_SUCCESS;
}

static VOID Stop(PDEVICE) {
#ifdef FIXED
  KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
#endif
}

const HOOKS Hooks = {.Start = Start, .Stop = Stop};
