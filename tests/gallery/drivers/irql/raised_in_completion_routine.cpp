// gallery: 0xC4 0xFA late
// A completion routine raises IRQL and returns so.
// stimulus: filter
#include "skeleton.h"

static NTSTATUS Done(PDEVICE_OBJECT, PIRP Irp, PVOID) {
  KIRQL irql;
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
  KeRaiseIrql(DISPATCH_LEVEL + 1, &irql);
#ifdef FIXED
  KeLowerIrql(irql);
#endif
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS Read(PDEVICE Device, PIRP Irp) {
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
  return IoCallDriver(Device->Lower, Irp);
}

const HOOKS Hooks = {.Filter = TRUE, .Read = Read};
