// gallery: 0xC9 0x234
// Capabilities are queried with a size of 0.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID Event) {
  if (Irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(Event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Start(PDEVICE Device) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (irp == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_PNP;
  location->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
  DEVICE_CAPABILITIES capabilities;
  RtlZeroMemory(&capabilities, sizeof(capabilities));
  capabilities.Version = 1;
#ifdef FIXED
  capabilities.Size = sizeof(capabilities);
#endif
  capabilities.Address = ~0u;
  capabilities.UINumber = ~0u;
  location->Parameters.DeviceCapabilities.Capabilities = &capabilities;
  IoSetCompletionRoutine(irp, Done, &event, TRUE, TRUE, TRUE);
  if (IoCallDriver(Device->Lower, irp) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
  IoFreeIrp(irp);
  return STATUS_SUCCESS;
}

const HOOKS Hooks = {.Start = Start};
