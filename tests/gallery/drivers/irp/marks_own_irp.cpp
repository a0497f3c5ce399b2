// gallery: 0xC9 0x212
// The completion routine of a request the driver made itself propagates PendingReturned to a location it does not have.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID Event) {
#ifndef FIXED
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
#else
  UNREFERENCED_PARAMETER(Irp);
#endif
  KeSetEvent(static_cast<PKEVENT>(Event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(own);
  location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  location->Parameters.DeviceIoControl.IoControlCode = IOCTL_GALLERY_WAIT;
  IoSetCompletionRoutine(own, Done, &event, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, own);
  IoCancelIrp(own);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  IoFreeIrp(own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Filter = TRUE, .Control = Control};
