// KsCompletePendingRequest: the second half of a create, close or control that a minidriver has pended.
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
void finish(PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = irp->IoStatus.Status;
  if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    finish_control(irp, status, location->Parameters.DeviceIoControl.OutputBufferLength);
    return;
  }
  if (Pin* pin = pin_of_file(location->FileObject);
      pin != nullptr && location->MajorFunction == IRP_MJ_CREATE && NT_SUCCESS(status)) {
    status = tell_sink(*pin, irp);
  }
  // A create that failed, or a close: the object goes before its request completes (R-KS-10).
  ObjectKind kind;
  PVOID object = location->FileObject->FsContext;
  if ((location->MajorFunction == IRP_MJ_CLOSE || !NT_SUCCESS(status)) && object_kind(object, &kind)) {
    if (kind == ObjectKind::kPin) {
      destroy_pin(static_cast<Pin*>(object));
    } else {
      destroy_filter(static_cast<Filter*>(object), location->FileObject);
    }
  }
  complete(irp, location->MajorFunction == IRP_MJ_CLOSE ? STATUS_SUCCESS : status, irp->IoStatus.Information);
}

/// A create or close that is completed before its dispatch has returned: what is left to do takes other mutexes than
/// the one that is held for the dispatch.
bool within_dispatch(PIRP irp) {
  const Filter* filter = filter_of_file(IoGetCurrentIrpStackLocation(irp)->FileObject);
  return filter != nullptr && filter->control.mine();
}

VOID NTAPI finish_work(PVOID context) { finish(static_cast<PIRP>(context)); }
}  // namespace

}  // namespace p2p::ks

extern "C" {

void NTAPI KsCompletePendingRequest(PIRP Irp) {
  using namespace p2p::ks;
  if (KeGetCurrentIrql() == PASSIVE_LEVEL && !within_dispatch(Irp)) {
    finish(Irp);
    return;
  }
  // The minidriver has let go of the IRP: its driver's place in there is ours, and cannot be refused like a work item.
  static_assert(sizeof(WORK_QUEUE_ITEM) <= sizeof Irp->Tail.Overlay.DriverContext);
  auto* item = reinterpret_cast<PWORK_QUEUE_ITEM>(&Irp->Tail.Overlay.DriverContext);
  ExInitializeWorkItem(item, finish_work, Irp);
  ExQueueWorkItem(item, DelayedWorkQueue);
}

}  // extern "C"
