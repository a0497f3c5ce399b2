// gallery: 0xC9 0x20F
// A power request is built by hand and sent with status 0, as if somebody had handled it.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID Event) {
  if (Irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(Event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Start(PDEVICE Device) {
  KEVENT event;
  POWER_SEQUENCE sequence;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (irp == NULL) return STATUS_INSUFFICIENT_RESOURCES;
#ifdef FIXED
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
#endif
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_POWER;
  location->MinorFunction = IRP_MN_POWER_SEQUENCE;
  location->Parameters.PowerSequence.PowerSequence = &sequence;
  IoSetCompletionRoutine(irp, Done, &event, TRUE, TRUE, TRUE);
  if (IoCallDriver(Device->Lower, irp) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
  IoFreeIrp(irp);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Start = Start};
