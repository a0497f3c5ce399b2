// Queues of IRPs that drivers keep themselves: each with a cancel routine, guarded by the driver's spin lock (R-PRB-4).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"

using namespace p2p::ks;

namespace {
PIRP irp_of(PLIST_ENTRY entry) { return CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry); }

/// Calls a cancel routine that was taken out of the IRP, as the I/O manager does.
void call_cancel(PIRP irp, PDRIVER_CANCEL cancel) {
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  irp->CancelIrql = irql;
  cancel(IoGetCurrentIrpStackLocation(irp)->DeviceObject, irp);
}

/// With the queue's lock: the IRP can be cancelled again. The routine, if it has to be called at once.
PDRIVER_CANCEL make_cancelable(PIRP irp, PDRIVER_CANCEL cancel) {
  IoSetCancelRoutine(irp, cancel);
  return irp->Cancel ? IoSetCancelRoutine(irp, nullptr) : nullptr;
}

/// With the queue's lock: the first IRP that nobody has cancelled yet, marked, and its routine.
PIRP next_to_cancel(PLIST_ENTRY head, PDRIVER_CANCEL* cancel) {
  for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink) {
    PIRP irp = irp_of(at);
    if (irp->Cancel) continue;
    irp->Cancel = TRUE;
    *cancel = IoSetCancelRoutine(irp, nullptr);
    if (*cancel != nullptr) return irp;
  }
  return nullptr;
}

/// With all locks. The callback's status that ended it.
NTSTATUS move_matching(PLIST_ENTRY source, PLIST_ENTRY destination, PKSPIN_LOCK destination_lock, bool from_tail,
                       PFNKSIRPLISTCALLBACK callback, PVOID context) {
  for (PLIST_ENTRY at = from_tail ? source->Blink : source->Flink; at != source;) {
    PIRP irp = irp_of(at);
    at = from_tail ? at->Blink : at->Flink;
    const NTSTATUS status = callback(irp, context);
    if (status == STATUS_NO_MATCH) continue;
    if (status != STATUS_SUCCESS) return status;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    if (from_tail) {
      InsertHeadList(destination, &irp->Tail.Overlay.ListEntry);
    } else {
      InsertTailList(destination, &irp->Tail.Overlay.ListEntry);
    }
    KSQUEUE_SPINLOCK_IRP_STORAGE(irp) = destination_lock;
  }
  return STATUS_SUCCESS;
}
}  // namespace

extern "C" {

/// What the queues use where the driver has no routine of its own. The cancel spin lock is held.
VOID NTAPI KsCancelRoutine(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  KsRemoveSpecificIrpFromCancelableQueue(Irp);
  complete(Irp, STATUS_CANCELLED);
}

/// An IRP that is cancelled already has its cancel routine called at once. IRQL <= DISPATCH_LEVEL.
VOID NTAPI KsAddIrpToCancelableQueue(PLIST_ENTRY QueueHead, PKSPIN_LOCK SpinLock, PIRP Irp,
                                     KSLIST_ENTRY_LOCATION ListLocation, PDRIVER_CANCEL DriverCancel) {
  PDRIVER_CANCEL call = nullptr;
  {
    SpinGuard guard(*SpinLock);
    KSQUEUE_SPINLOCK_IRP_STORAGE(Irp) = SpinLock;
    if (ListLocation == KsListEntryTail) {
      InsertTailList(QueueHead, &Irp->Tail.Overlay.ListEntry);
    } else {
      InsertHeadList(QueueHead, &Irp->Tail.Overlay.ListEntry);
    }
    call = make_cancelable(Irp, DriverCancel != nullptr ? DriverCancel : KsCancelRoutine);
  }
  if (call != nullptr) call_cancel(Irp, call);
}

/// nullptr: no IRP is left that is neither cancelled nor acquired. IRQL <= DISPATCH_LEVEL.
PIRP NTAPI KsRemoveIrpFromCancelableQueue(PLIST_ENTRY QueueHead, PKSPIN_LOCK SpinLock,
                                          KSLIST_ENTRY_LOCATION ListLocation,
                                          KSIRP_REMOVAL_OPERATION RemovalOperation) {
  const bool tail = ListLocation == KsListEntryTail;
  const bool single =
      RemovalOperation == KsAcquireOnlySingleItem || RemovalOperation == KsAcquireAndRemoveOnlySingleItem;
  const bool remove = RemovalOperation == KsAcquireAndRemove || RemovalOperation == KsAcquireAndRemoveOnlySingleItem;
  SpinGuard guard(*SpinLock);
  for (PLIST_ENTRY at = tail ? QueueHead->Blink : QueueHead->Flink; at != QueueHead;
       at = tail ? at->Blink : at->Flink) {
    PIRP irp = irp_of(at);
    if (IoSetCancelRoutine(irp, nullptr) != nullptr) {
      if (remove) RemoveEntryList(at);
      return irp;
    }
    if (single) return nullptr;
  }
  return nullptr;
}

/// Of an IRP that was acquired. IRQL <= DISPATCH_LEVEL.
VOID NTAPI KsRemoveSpecificIrpFromCancelableQueue(PIRP Irp) {
  SpinGuard guard(*KSQUEUE_SPINLOCK_IRP_STORAGE(Irp));
  RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/// An acquired IRP can be cancelled again; if it was meanwhile, its routine is called at once. IRQL <= DISPATCH_LEVEL.
VOID NTAPI KsReleaseIrpOnCancelableQueue(PIRP Irp, PDRIVER_CANCEL DriverCancel) {
  PDRIVER_CANCEL call = nullptr;
  {
    SpinGuard guard(*KSQUEUE_SPINLOCK_IRP_STORAGE(Irp));
    call = make_cancelable(Irp, DriverCancel != nullptr ? DriverCancel : KsCancelRoutine);
  }
  if (call != nullptr) call_cancel(Irp, call);
}

/// The cancel routines of all IRPs are called; those without one are marked only. None is removed here.
VOID NTAPI KsCancelIo(PLIST_ENTRY QueueHead, PKSPIN_LOCK SpinLock) {
  for (;;) {
    PDRIVER_CANCEL cancel = nullptr;
    PIRP irp = nullptr;
    {
      SpinGuard guard(*SpinLock);
      irp = next_to_cancel(QueueHead, &cancel);
    }
    if (irp == nullptr) return;
    call_cancel(irp, cancel);
  }
}

/// `ListCallback` at DISPATCH_LEVEL: STATUS_SUCCESS moves, STATUS_NO_MATCH leaves, anything else ends it and is
/// returned. A last call is without IRP.
NTSTATUS NTAPI KsMoveIrpsOnCancelableQueue(PLIST_ENTRY SourceList, PKSPIN_LOCK SourceLock, PLIST_ENTRY DestinationList,
                                           PKSPIN_LOCK DestinationLock, KSLIST_ENTRY_LOCATION ListLocation,
                                           PFNKSIRPLISTCALLBACK ListCallback, PVOID Context) {
  // With the cancel spin lock no cancel routine reads the IRP's lock while it changes.
  KIRQL cancel_irql = PASSIVE_LEVEL;
  if (DestinationLock != nullptr) IoAcquireCancelSpinLock(&cancel_irql);
  NTSTATUS status = STATUS_SUCCESS;
  {
    SpinGuard source(*SourceLock);
    if (DestinationLock != nullptr) KeAcquireSpinLockAtDpcLevel(DestinationLock);
    status = move_matching(SourceList, DestinationList, DestinationLock != nullptr ? DestinationLock : SourceLock,
                           ListLocation == KsListEntryTail, ListCallback, Context);
    ListCallback(nullptr, Context);
    if (DestinationLock != nullptr) KeReleaseSpinLockFromDpcLevel(DestinationLock);
  }
  if (DestinationLock != nullptr) IoReleaseCancelSpinLock(cancel_irql);
  return status;
}

}  // extern "C"
