// gallery: 0xC9 0x20B
// A driver sends itself a request and frees it where it arrives, not where it comes back.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  IoFreeIrp(Irp);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  if (Irp->RequestorMode == KernelMode) {
#ifdef FIXED
    return Complete(Irp, STATUS_SUCCESS);
#else
    IoFreeIrp(Irp);
    return STATUS_SUCCESS;
#endif
  }
  PIRP own = IoAllocateIrp(Device->Self->StackSize, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(own);
  next->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  next->Parameters.DeviceIoControl.IoControlCode = IOCTL_GALLERY_BUFFERED;
  IoSetCompletionRoutine(own, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Self, own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
