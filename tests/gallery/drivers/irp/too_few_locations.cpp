// gallery: 0x35 address
// A driver takes the first stack location of its own request for itself and has allocated none for that.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  IoFreeIrp(Irp);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  CCHAR locations = Device->Lower->StackSize;
#ifdef FIXED
  ++locations;
#endif
  PIRP own = IoAllocateIrp(locations, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  IoSetNextIrpStackLocation(own);
  IoGetCurrentIrpStackLocation(own)->DeviceObject = Device->Self;
  IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
  IoSetCompletionRoutine(own, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
