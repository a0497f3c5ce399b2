// Cancel-safe queues: rules R-IRP-95 to R-IRP-99.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

/// A driver's queue as the samples write it, which notes what it was asked.
struct Queue {
  Queue() { InitializeListHead(&irps); }
  static Queue& of(PIO_CSQ csq) { return *CONTAINING_RECORD(csq, Queue, csq); }
  static VOID NTAPI insert(PIO_CSQ csq, PIRP irp) {
    of(csq).note("insert");
    InsertTailList(&of(csq).irps, &irp->Tail.Overlay.ListEntry);
  }
  static NTSTATUS NTAPI insert_ex(PIO_CSQ csq, PIRP irp, PVOID context) {
    of(csq).note("insert_ex");
    if (context != nullptr) return *static_cast<NTSTATUS*>(context);
    InsertTailList(&of(csq).irps, &irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
  }
  static VOID NTAPI remove(PIO_CSQ csq, PIRP irp) {
    of(csq).note("remove");
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
  }
  /// PeekContext, if given, is the length of the request wanted.
  static PIRP NTAPI peek(PIO_CSQ csq, PIRP irp, PVOID context) {
    of(csq).note("peek");
    if (of(csq).in_peek) of(csq).in_peek();
    PLIST_ENTRY head = &of(csq).irps;
    for (PLIST_ENTRY at = irp != nullptr ? irp->Tail.Overlay.ListEntry.Flink : head->Flink; at != head;
         at = at->Flink) {
      PIRP next = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);
      if (context == nullptr ||
          IoGetCurrentIrpStackLocation(next)->Parameters.Read.Length == reinterpret_cast<std::uintptr_t>(context)) {
        return next;
      }
    }
    return nullptr;
  }
  static VOID NTAPI acquire(PIO_CSQ csq, PKIRQL irql) {
    KeAcquireSpinLock(&of(csq).lock, irql);
    of(csq).locked = true;
  }
  static VOID NTAPI release(PIO_CSQ csq, KIRQL irql) {
    of(csq).locked = false;
    KeReleaseSpinLock(&of(csq).lock, irql);
  }
  static VOID NTAPI complete_canceled(PIO_CSQ csq, PIRP irp) {
    EXPECT_FALSE(of(csq).locked);
    of(csq).calls.push_back("complete");
    complete(irp, STATUS_CANCELLED);
  }
  void note(const char* call) {
    EXPECT_TRUE(locked) << call;
    calls.push_back(call);
  }
  IO_CSQ csq = {};
  LIST_ENTRY irps;
  KSPIN_LOCK lock = 0;
  bool locked = false;
  std::function<void()> in_peek;
  std::vector<std::string> calls;
};

class IoCsq : public IoTest {
 protected:
  /// A layer that queues what it gets.
  void add_queueing(bool ex = false) {
    if (ex) {
      IoCsqInitializeEx(&queue.csq, Queue::insert_ex, Queue::remove, Queue::peek, Queue::acquire, Queue::release,
                        Queue::complete_canceled);
    } else {
      IoCsqInitialize(&queue.csq, Queue::insert, Queue::remove, Queue::peek, Queue::acquire, Queue::release,
                      Queue::complete_canceled);
    }
    add_layer([&](Layer&, PIRP irp) {
      if (before_insert) before_insert(irp);
      const NTSTATUS status = IoCsqInsertIrpEx(&queue.csq, irp, context, insert_context);
      if (!NT_SUCCESS(status)) return complete(irp, status);
      return STATUS_PENDING;
    });
  }
  /// Sends an own IRP; `length` marks it.
  PIRP send(ULONG length = 0) {
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->Parameters.Read.Length = length;
    back.set(irp);
    returned = IoCallDriver(top(), irp);
    return irp;
  }
  Queue queue;
  PIO_CSQ_IRP_CONTEXT context = nullptr;
  PVOID insert_context = nullptr;
  NTSTATUS returned = 0;
  std::function<void(PIRP)> before_insert;
  Routine back{[](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; }};
};

TEST_F(IoCsq, R_IRP_95_CallbacksRunUnderTheLock) {
  expect_no_bugcheck([&] {
    add_queueing();
    PIRP irp = send();
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, nullptr), irp);
    EXPECT_EQ(queue.calls, (std::vector<std::string>{"insert", "peek", "remove"}));  // note() looks at the lock
    EXPECT_TRUE(IsListEmpty(&queue.irps));
    complete(irp, STATUS_SUCCESS);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCsq, R_IRP_95_AboveDispatchLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x20022, [&] {
    add_queueing();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    P2P_IMPORT(IoCsqRemoveNextIrp)(&queue.csq, nullptr);
  });
}

TEST_F(IoCsq, R_IRP_96_InsertMarksPendingAndMakesItCancelable) {
  expect_no_bugcheck([&] {
    add_queueing();
    PIRP irp = send();
    EXPECT_EQ(returned, STATUS_PENDING);
    EXPECT_NE(IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED, 0);
    EXPECT_NE(irp->CancelRoutine, nullptr);
    complete(IoCsqRemoveNextIrp(&queue.csq, nullptr), STATUS_SUCCESS);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCsq, R_IRP_96_CancelledBeforeItIsInsertedAndRemovedAndCompleted) {
  expect_no_bugcheck([&] {
    add_queueing();
    before_insert = [](PIRP irp) { EXPECT_FALSE(IoCancelIrp(irp)); };
    PIRP irp = send();
    EXPECT_EQ(returned, STATUS_PENDING);
    EXPECT_EQ(queue.calls, (std::vector<std::string>{"insert", "remove", "complete"}));
    EXPECT_EQ(irp->IoStatus.Status, STATUS_CANCELLED);
    EXPECT_TRUE(IsListEmpty(&queue.irps));
    IoFreeIrp(irp);
  });
}

TEST_F(IoCsq, R_IRP_96_AFailedInsertExPendsNothing) {
  expect_no_bugcheck([&] {
    add_queueing(true);
    NTSTATUS refused = STATUS_DEVICE_BUSY;
    IO_CSQ_IRP_CONTEXT names = {};
    insert_context = &refused;
    context = &names;
    PIRP irp = send();
    EXPECT_EQ(returned, STATUS_DEVICE_BUSY);  // the layer completed it with what it got
    EXPECT_FALSE(irp->PendingReturned);
    EXPECT_EQ(irp->CancelRoutine, nullptr);
    EXPECT_EQ(names.Irp, nullptr);
    EXPECT_EQ(queue.calls, std::vector<std::string>{"insert_ex"});
    IoFreeIrp(irp);
  });
}

TEST_F(IoCsq, R_IRP_96_InsertExQueuesWithSuccess) {
  expect_no_bugcheck([&] {
    add_queueing(true);
    PIRP irp = send();
    EXPECT_EQ(returned, STATUS_PENDING);
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, nullptr), irp);
    complete(irp, STATUS_SUCCESS);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCsq, R_IRP_97_RemoveByContext) {
  expect_no_bugcheck([&] {
    add_queueing();
    IO_CSQ_IRP_CONTEXT first = {}, second = {};
    context = &first;
    PIRP a = send();
    context = &second;
    PIRP b = send();
    EXPECT_EQ(IoCsqRemoveIrp(&queue.csq, &second), b);
    EXPECT_EQ(b->CancelRoutine, nullptr);
    EXPECT_EQ(second.Irp, nullptr);
    EXPECT_EQ(IoCsqRemoveIrp(&queue.csq, &second), nullptr);  // only once
    EXPECT_TRUE(IoCancelIrp(a));
    EXPECT_EQ(first.Irp, nullptr);
    EXPECT_EQ(IoCsqRemoveIrp(&queue.csq, &first), nullptr);  // cancelled
    complete(b, STATUS_SUCCESS);
    IoFreeIrp(a);
    IoFreeIrp(b);
  });
}

TEST_F(IoCsq, R_IRP_97_RemoveNextTakesTheNextThatMatches) {
  expect_no_bugcheck([&] {
    add_queueing();
    PIRP a = send(1), b = send(2), c = send(2);
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, reinterpret_cast<PVOID>(2)), b);
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, reinterpret_cast<PVOID>(3)), nullptr);
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, nullptr), a);
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, nullptr), c);
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, nullptr), nullptr);
    for (PIRP irp : {a, b, c}) {
      complete(irp, STATUS_SUCCESS);
      IoFreeIrp(irp);
    }
  });
}

TEST_F(IoCsq, R_IRP_97_AnIrpBeingCancelledIsSkipped) {
  expect_no_bugcheck([&] {
    add_queueing();
    PIRP a = send(), b = send();
    // The other processor cancels the first while this one holds the queue's lock: its routine waits for the lock.
    queue.in_peek = [&] {
      if (a->Cancel) return;
      spawn("canceller", [&] { EXPECT_TRUE(IoCancelIrp(a)); });
      KeStallExecutionProcessor(100);
      EXPECT_EQ(a->CancelRoutine, nullptr);
      EXPECT_FALSE(IsListEmpty(&queue.irps));
    };
    EXPECT_EQ(IoCsqRemoveNextIrp(&queue.csq, nullptr), b);
    sleep_us(50);
    EXPECT_EQ(a->IoStatus.Status, STATUS_CANCELLED);
    EXPECT_EQ(queue.calls.back(), "complete");
    complete(b, STATUS_SUCCESS);
    IoFreeIrp(a);
    IoFreeIrp(b);
  });
}

TEST_F(IoCsq, R_IRP_98_CancelRemovesThenCompletes) {
  expect_no_bugcheck([&] {
    add_queueing();
    PIRP irp = send();
    EXPECT_TRUE(IoCancelIrp(irp));
    EXPECT_EQ(queue.calls, (std::vector<std::string>{"insert", "remove", "complete"}));
    EXPECT_EQ(irp->IoStatus.Status, STATUS_CANCELLED);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCsq, R_IRP_99_DriverContext3IsTheQueuesWhileQueued) {
  expect_no_bugcheck([&] {
    add_queueing();
    before_insert = [](PIRP irp) { irp->Tail.Overlay.DriverContext[0] = irp; };
    PIRP irp = send();
    EXPECT_EQ(irp->Tail.Overlay.DriverContext[0], irp);  // the driver's
    EXPECT_EQ(irp->Tail.Overlay.DriverContext[3], &queue.csq);
    IoCsqRemoveNextIrp(&queue.csq, nullptr);
    EXPECT_EQ(irp->Tail.Overlay.DriverContext[3], nullptr);
    complete(irp, STATUS_SUCCESS);
    IoFreeIrp(irp);
  });
}

}  // namespace
}  // namespace p2p::test
