// Cancel-safe IRP queues: the queue is the driver's, the races with cancellation are settled here (R-IRP-95 to 99).
#include "sw/ntos/io/verify.h"

#include <bit>

#include "sw/ntos/ke/irql.h"

using namespace p2p;

namespace {
/// DriverContext[3] names the queue, or the context given at insertion, which names the queue (R-IRP-99).
PVOID& slot_of(PIRP irp) { return irp->Tail.Overlay.DriverContext[3]; }

PIO_CSQ_IRP_CONTEXT context_of(PIRP irp) {
  auto* context = static_cast<PIO_CSQ_IRP_CONTEXT>(slot_of(irp));
  return context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? context : nullptr;
}

/// The IRP has left the queue: neither it nor the caller's context points there any more.
void detach(PIRP irp) {
  if (PIO_CSQ_IRP_CONTEXT context = context_of(irp); context != nullptr) context->Irp = nullptr;
  slot_of(irp) = nullptr;
}

// R-IRP-98.
VOID NTAPI cancel_queued(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  PIO_CSQ_IRP_CONTEXT context = context_of(irp);
  PIO_CSQ csq = context != nullptr ? context->Csq : static_cast<PIO_CSQ>(slot_of(irp));
  KIRQL irql;
  csq->CsqAcquireLock(csq, &irql);
  csq->CsqRemoveIrp(csq, irp);
  detach(irp);
  csq->CsqReleaseLock(csq, irql);
  csq->CsqCompleteCanceledIrp(csq, irp);
}

/// Takes the IRP out if its cancel routine has not started; with the queue's lock held.
bool take(PIO_CSQ csq, PIRP irp) {
  if (IoSetCancelRoutine(irp, nullptr) == nullptr) return false;  // the cancel routine waits for the lock
  csq->CsqRemoveIrp(csq, irp);
  detach(irp);
  return true;
}

NTSTATUS insert(PIO_CSQ csq, PIRP irp, PVOID insert_context) {
  if (csq->Type != IO_TYPE_CSQ_EX) {
    csq->CsqInsertIrp(csq, irp);
    return STATUS_SUCCESS;
  }
  return std::bit_cast<PIO_CSQ_INSERT_IRP_EX>(csq->CsqInsertIrp)(csq, irp, insert_context);
}
}  // namespace

extern "C" {

NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  *Csq = {IO_TYPE_CSQ,    CsqInsertIrp,   CsqRemoveIrp,           CsqPeekNextIrp,
          CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp, nullptr};
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                                 PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  *Csq = {IO_TYPE_CSQ_EX,         std::bit_cast<PIO_CSQ_INSERT_IRP>(CsqInsertIrp),
          CsqRemoveIrp,           CsqPeekNextIrp,
          CsqAcquireLock,         CsqReleaseLock,
          CsqCompleteCanceledIrp, nullptr};
  return STATUS_SUCCESS;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context) {
  IoCsqInsertIrpEx(Csq, Irp, Context, nullptr);
}

// R-IRP-96.
NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext) {
  if (Context != nullptr) *Context = {IO_TYPE_CSQ_IRP_CONTEXT, Irp, Csq};
  slot_of(Irp) = Context != nullptr ? static_cast<PVOID>(Context) : static_cast<PVOID>(Csq);
  KIRQL irql;
  Csq->CsqAcquireLock(Csq, &irql);
  const NTSTATUS status = insert(Csq, Irp, InsertContext);
  if (!NT_SUCCESS(status)) {
    detach(Irp);
    Csq->CsqReleaseLock(Csq, irql);
    return status;
  }
  IoMarkIrpPending(Irp);
  IoSetCancelRoutine(Irp, cancel_queued);
  const bool cancelled = Irp->Cancel && take(Csq, Irp);
  Csq->CsqReleaseLock(Csq, irql);
  if (cancelled) Csq->CsqCompleteCanceledIrp(Csq, Irp);
  return status;
}

// R-IRP-97.
PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context) {
  KIRQL irql;
  Csq->CsqAcquireLock(Csq, &irql);
  PIRP irp = Context->Irp;
  if (irp != nullptr && !take(Csq, irp)) irp = nullptr;
  Csq->CsqReleaseLock(Csq, irql);
  return irp;
}

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext) {
  KIRQL irql;
  Csq->CsqAcquireLock(Csq, &irql);
  PIRP irp = Csq->CsqPeekNextIrp(Csq, nullptr, PeekContext);
  while (irp != nullptr && !take(Csq, irp)) irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext);
  Csq->CsqReleaseLock(Csq, irql);
  return irp;
}

}  // extern "C"
