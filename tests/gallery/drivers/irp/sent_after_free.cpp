// gallery: 0xC9 0x3
// The driver frees its own request in the completion routine and, as that failed, sends the pointer it has kept once
// more.
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
#ifdef FIXED
  UNREFERENCED_PARAMETER(Irp);
#else
  IoFreeIrp(Irp);
#endif
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID Prepare(PIRP Irp) {
  IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
  IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
}

static NTSTATUS Control(PDEVICE Device, PIRP Irp) {
  PIRP own = IoAllocateIrp(Device->Lower->StackSize, FALSE);
  if (own == NULL) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
  Prepare(own);
  if (!NT_SUCCESS(IoCallDriver(Device->Lower, own))) {
#ifdef FIXED
    IoReuseIrp(own, STATUS_SUCCESS);
    Prepare(own);
#endif
    IoCallDriver(Device->Lower, own);
  }
#ifdef FIXED
  IoFreeIrp(own);
#endif
  return Complete(Irp, STATUS_SUCCESS);
}

const HOOKS Hooks = {.Control = Control};
