// gallery: 0xC9 0x212
// The parameters of the driver's own request are written to its current stack location, which it does not have yet.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  IoFreeIrp(Irp);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIRP own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
#ifdef FIXED
  IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
#else
  IoGetCurrentIrpStackLocation(own)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
#endif
  IoSetCompletionRoutine(own, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
