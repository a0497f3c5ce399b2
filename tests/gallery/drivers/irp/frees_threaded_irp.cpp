// gallery: 0xC9 0x2
// The completion routine of a request from IoBuildDeviceIoControlRequest frees it, as if IoAllocateIrp had made it.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(Irp);
  return STATUS_CONTINUE_COMPLETION;
#else
  IoFreeIrp(Irp);
  return STATUS_MORE_PROCESSING_REQUIRED;
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  static IO_STATUS_BLOCK iosb;
  PIRP ask = IoBuildDeviceIoControlRequest(IOCTL_GALLERY_NEITHER, Device->Lower, NULL, 0, NULL, 0, FALSE, NULL, &iosb);
  if (ask == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  IoSetCompletionRoutine(ask, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, ask);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
