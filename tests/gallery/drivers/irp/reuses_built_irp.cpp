// gallery: 0xC9 0x311
// A request from IoBuildAsynchronousFsdRequest is made ready for a second use with IoReuseIrp.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_MORE_PROCESSING_REQUIRED; }

static VOID Flush(PDEVICE Device, PIRP Own) {
  IoGetNextIrpStackLocation(Own)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
  IoSetCompletionRoutine(Own, Done, NULL, TRUE, TRUE, TRUE);
  IoCallDriver(Device->Lower, Own);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
#ifdef FIXED
  PIRP own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
#else
  PIRP own = IoBuildAsynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Device->Lower, NULL, 0, NULL, NULL);
#endif
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  Flush(Device, own);
  IoReuseIrp(own, STATUS_SUCCESS);
  Flush(Device, own);
  IoFreeIrp(own);
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
