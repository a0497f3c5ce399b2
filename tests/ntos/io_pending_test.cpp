// The pending protocol: rules R-IRP-70 to R-IRP-75.
#include "tests/ntos/io_stack.h"

namespace p2p::test {
namespace {

class IoPending : public IoTest {
 protected:
  KEVENT event;
  IO_STATUS_BLOCK iosb = {};
  NTSTATUS send() {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    return IoCallDriver(top(), threaded_irp(&event, &iosb));
  }
};

TEST_F(IoPending, R_IRP_70_MarkSetsTheBitAtAnyIrql) {
  expect_no_bugcheck([&] {
    add_layer([&](Layer&, PIRP irp) {
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED, 0);
      KIRQL old;
      KeRaiseIrql(HIGH_LEVEL, &old);
      IoMarkIrpPending(irp);
      KeLowerIrql(old);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED, SL_PENDING_RETURNED);
      kept = irp;
      return STATUS_PENDING;
    });
    EXPECT_EQ(send(), STATUS_PENDING);
    complete(kept, STATUS_SUCCESS);
    EXPECT_TRUE(KeReadStateEvent(&event));
  });
}

TEST_F(IoPending, R_IRP_70_ReturnedPendingUnmarkedIsC9_23D) {
  expect_bugcheck(0xC9, 0x23D, [&] {
    add_layer([&](Layer&, PIRP irp) {
      kept = irp;
      return STATUS_PENDING;
    });
    send();
  });
}

TEST_F(IoPending, R_IRP_70_CompletedAndReturnedPendingUnmarkedIsC9_23D) {
  expect_bugcheck(0xC9, 0x23D, [&] {
    add_layer([](Layer&, PIRP irp) {
      complete(irp, STATUS_SUCCESS);
      return STATUS_PENDING;
    });
    send();
  });
}

TEST_F(IoPending, R_IRP_70_MarkedButNotReturnedIsC9_23E) {
  expect_bugcheck(0xC9, 0x23E, [&] {
    add_layer([](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      return complete(irp, STATUS_SUCCESS);
    });
    send();
  });
}

TEST_F(IoPending, R_IRP_70_ForwardedReturnedPendingAndNeverMarkedIsC9_24C) {
  expect_bugcheck(0xC9, 0x24C, [&] {
    Routine stop([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    add_completing();
    add_layer([&](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      stop.set(irp);
      IoCallDriver(self.lower, irp);
      kept = irp;
      return STATUS_PENDING;
    });
    EXPECT_EQ(send(), STATUS_PENDING);
    complete(kept, STATUS_SUCCESS);
  });
}

TEST_F(IoPending, R_IRP_70_PassingALowerPendingOnNeedsNoMark) {
  expect_no_bugcheck([&] {
    add_pending();
    add_skipping();
    add_skipping();
    EXPECT_EQ(send(), STATUS_PENDING);
    complete(kept, STATUS_SUCCESS, 4);
    EXPECT_TRUE(KeReadStateEvent(&event));
    EXPECT_EQ(iosb.Information, 4u);
  });
}

TEST_F(IoPending, R_IRP_71_MarkedBeforeQueueingItMayCompleteAtOnceElsewhere) {
  expect_no_bugcheck([&] {
    KEVENT queued;
    KeInitializeEvent(&queued, SynchronizationEvent, FALSE);
    spawn("worker", [&] {
      wait_for(&queued);
      complete(kept, STATUS_SUCCESS, 1);
    });
    add_layer([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      KeSetEvent(&queued, 0, FALSE);
      KeStallExecutionProcessor(100);  // the worker, on the other processor, completes it meanwhile
      return STATUS_PENDING;
    });
    EXPECT_EQ(send(), STATUS_PENDING);
    wait_for(&event);
    EXPECT_EQ(iosb.Information, 1u);
  });
}

TEST_F(IoPending, R_IRP_72_MarkedAndCompletedStillReturnsPending) {
  expect_no_bugcheck([&] {
    add_layer([](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      complete(irp, STATUS_UNSUCCESSFUL);
      return STATUS_PENDING;
    });
    EXPECT_EQ(send(), STATUS_PENDING);
    EXPECT_TRUE(KeReadStateEvent(&event));
    EXPECT_EQ(iosb.Status, STATUS_UNSUCCESSFUL);
  });
}

TEST_F(IoPending, R_IRP_73_NeitherCompletedNorPendedIsC9_226) {
  expect_bugcheck(0xC9, 0x226, [&] {
    add_layer([](Layer&, PIRP) { return STATUS_SUCCESS; });
    send();
  });
}

TEST_F(IoPending, R_IRP_73_SuccessForAnIrpALowerDriverPendedIsC9_226) {
  expect_bugcheck(0xC9, 0x226, [&] {
    add_pending();
    add_layer([](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      IoCallDriver(self.lower, irp);
      return STATUS_SUCCESS;
    });
    send();
  });
}

TEST_F(IoPending, R_IRP_73_ReturningMinusOneIsC9_225) {
  expect_bugcheck(0xC9, 0x225, [&] {
    add_layer([](Layer&, PIRP irp) {
      complete(irp, STATUS_SUCCESS);
      return -1;
    });
    send();
  });
}

TEST_F(IoPending, R_IRP_74_PendingFromACompletionRoutineGoesOn) {
  expect_no_bugcheck([&] {
    Routine odd([](PDEVICE_OBJECT, PIRP) { return STATUS_PENDING; });
    add_completing();
    add_watching(odd);
    EXPECT_EQ(send(), STATUS_SUCCESS);
    EXPECT_EQ(odd.calls, 1);
  });
}

TEST_F(IoPending, R_IRP_75_ForwardAndWait) {
  expect_no_bugcheck([&] {
    KEVENT lower_done;
    KeInitializeEvent(&lower_done, NotificationEvent, FALSE);
    Routine signal([&](PDEVICE_OBJECT, PIRP irp) {
      if (irp->PendingReturned) KeSetEvent(&lower_done, 0, FALSE);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    Dpc finish([&](Dpc&) { complete(kept, STATUS_SUCCESS, 5); });
    add_layer([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      KeInsertQueueDpc(&finish.dpc, nullptr, nullptr);
      return STATUS_PENDING;
    });
    add_layer([&](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      signal.set(irp);
      NTSTATUS status = IoCallDriver(self.lower, irp);
      if (status == STATUS_PENDING) {
        wait_for(&lower_done);
        status = irp->IoStatus.Status;
      }
      EXPECT_EQ(irp->IoStatus.Information, 5u);
      return complete(irp, status, 6);
    });
    EXPECT_EQ(send(), STATUS_SUCCESS);
    EXPECT_TRUE(KeReadStateEvent(&event));
    EXPECT_EQ(iosb.Information, 6u);
  });
}

}  // namespace
}  // namespace p2p::test
