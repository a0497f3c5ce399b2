// gallery: 0xB8 address
// A completion routine sends a request of its own and waits for it; completion came from a DPC.
// stimulus: filter
#include "skeleton.h"

#ifdef FIXED
static VOID Refresh(PDEVICE_OBJECT, PVOID Item) { IoFreeWorkItem(static_cast<PIO_WORKITEM>(Item)); }
#endif

static NTSTATUS Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID) {
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
#ifdef FIXED
  PIO_WORKITEM item = IoAllocateWorkItem(DeviceObject);
  if (item != NULL) IoQueueWorkItem(item, Refresh, DelayedWorkQueue, item);
#else
  UNREFERENCED_PARAMETER(DeviceObject);
  KEVENT refreshed;
  LARGE_INTEGER millisecond;
  millisecond.QuadPart = -10000;
  KeInitializeEvent(&refreshed, NotificationEvent, FALSE);
  KeWaitForSingleObject(&refreshed, Executive, KernelMode, FALSE, &millisecond);
#endif
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
