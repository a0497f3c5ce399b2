// gallery: 0xC9 0x20A
// A request that has not come back in time is freed, while the driver below still has it, instead of cancelled.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP, PVOID Event) {
  KeSetEvent(static_cast<PKEVENT>(Event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  KEVENT event;
  LARGE_INTEGER millisecond;
  millisecond.QuadPart = -10000;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(own);
  location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  location->Parameters.DeviceIoControl.IoControlCode = IOCTL_GALLERY_WAIT;
  IoSetCompletionRoutine(own, Done, &event, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, own);
  if (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &millisecond) == STATUS_TIMEOUT) {
#ifdef FIXED
    IoCancelIrp(own);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
#endif
  }
  IoFreeIrp(own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Filter = TRUE, .Control = Control};
