// IoForwardIrpSynchronously: passes an IRP down and gets it back.
#include "sw/ntos/io/verify.h"

#include "sw/ntos/ke/irql.h"

using namespace p2p;

namespace {
NTSTATUS NTAPI catch_irp(PDEVICE_OBJECT device, PIRP irp, PVOID event) {
  UNREFERENCED_PARAMETER(device);
  if (irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(event), 0, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}
}  // namespace

extern "C" {

// R-IRP-75. FALSE if no location is left; the status is in the IRP.
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  if (Irp->CurrentLocation <= 1) return FALSE;
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(Irp);
  IoSetCompletionRoutine(Irp, catch_irp, &event, TRUE, TRUE, TRUE);
  if (IoCallDriver(DeviceObject, Irp) == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  }
  return TRUE;
}

}  // extern "C"
