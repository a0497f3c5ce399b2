// gallery: 0xC9 0x20A
// The completion routine of the driver's own request frees it and returns STATUS_SUCCESS: completion goes on in it.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  IoFreeIrp(Irp);
#ifdef FIXED
  return STATUS_MORE_PROCESSING_REQUIRED;
#else
  return STATUS_SUCCESS;
#endif
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIRP own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
  IoSetCompletionRoutine(own, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
