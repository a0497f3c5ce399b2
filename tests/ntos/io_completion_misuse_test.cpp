// Completions that the Verifier stops: rules R-IRP-30, R-IRP-31, R-IRP-38 to R-IRP-42, R-IRP-44.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/io/irp.h"

namespace p2p::test {
namespace {

using IoCompletionMisuse = IoTest;

TEST_F(IoCompletionMisuse, R_IRP_23_R_IRP_42_AnOwnIrpNobodyStopsIsC9_20A) {
  expect_bugcheck(0xC9, 0x20A, [&] {
    add_completing(STATUS_UNSUCCESSFUL);
    Routine only_success([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    PIRP irp = own_irp();
    only_success.set(irp, true, false, false);
    IoCallDriver(top(), irp);
  });
}

TEST_F(IoCompletionMisuse, R_IRP_30_AboveDispatchLevelIsC9_0E) {
  expect_bugcheck(0xC9, 0x0E, [&] {
    add_layer([](Layer&, PIRP irp) {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
      return complete(irp, STATUS_SUCCESS);
    });
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_31_CompletedWithPendingIsC9_06) {
  expect_bugcheck(0xC9, 0x06, [&] {
    add_completing(STATUS_PENDING);
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_31_CompletedWithMinusOneIsC9_06) {
  expect_bugcheck(0xC9, 0x06, [&] {
    add_completing(-1);
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_31_CompletedWithACancelRoutineIsC9_07) {
  expect_bugcheck(0xC9, 0x07, [&] {
    add_layer([](Layer&, PIRP irp) {
      PDRIVER_CANCEL nothing = [](PDEVICE_OBJECT, PIRP) NTAPI {};
      IoSetCancelRoutine(irp, nothing);
      return complete(irp, STATUS_SUCCESS);
    });
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_31_CompletedTwiceIs44) {
  expect_bugcheck(0x44, [&] {
    add_pending();
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = threaded_irp(&event, &iosb);
    IoCallDriver(top(), irp);
    complete(irp, STATUS_SUCCESS);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
  });
}

TEST_F(IoCompletionMisuse, R_IRP_31_CompletedTwiceBeforeTheThreadFinishesItIs44) {
  expect_bugcheck(0x44, [&] {
    add_layer([](Layer&, PIRP irp) {
      complete(irp, STATUS_SUCCESS);
      IoCompleteRequest(irp, IO_NO_INCREMENT);
      return STATUS_SUCCESS;
    });
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_38_ReturningAtAnotherIrqlIsC4_FA) {
  config.schedule = ntos::Schedule::kFifo;  // the routine must be called below DISPATCH_LEVEL
  expect_bugcheck(0xC4, 0xFA, [&] {
    Routine raising([](PDEVICE_OBJECT, PIRP irp) {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL, &old);
      return go_on(irp);
    });
    add_completing();
    add_watching(raising);
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_38_ReturningInACriticalRegionIsC4_FB) {
  config.schedule = ntos::Schedule::kFifo;  // the routine must be called below DISPATCH_LEVEL
  expect_bugcheck(0xC4, 0xFB, [&] {
    Routine entering([](PDEVICE_OBJECT, PIRP irp) {
      KeEnterCriticalRegion();
      return go_on(irp);
    });
    add_completing();
    add_watching(entering);
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_39_NotPropagatingPendingIsC9_228) {
  expect_bugcheck(0xC9, 0x228, [&] {
    Routine forgetful([](PDEVICE_OBJECT, PIRP) { return STATUS_SUCCESS; });
    add_pending();
    add_watching(forgetful);
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCallDriver(top(), threaded_irp(&event, &iosb));
    finish();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_39_MarkingPendingWithoutALocationIsC9_212) {
  expect_bugcheck(0xC9, 0x212, [&] {
    Routine originator([](PDEVICE_OBJECT, PIRP irp) {
      IoMarkIrpPending(irp);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_completing();
    PIRP irp = own_irp();
    originator.set(irp);
    IoCallDriver(top(), irp);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletionMisuse, R_IRP_40_ChangingTheStatusOfARequestReturnedAsIsIsC9_224) {
  expect_bugcheck(0xC9, 0x224, [&] {
    Routine changing([](PDEVICE_OBJECT, PIRP irp) {
      irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
      return go_on(irp);
    });
    add_completing(STATUS_SUCCESS);
    add_watching(changing);
    ask_top();
  });
}

TEST_F(IoCompletionMisuse, R_IRP_40_WhoMarkedItPendingMayChangeTheStatus) {
  expect_no_bugcheck([&] {
    Routine changing([](PDEVICE_OBJECT, PIRP irp) {
      irp->IoStatus.Status = STATUS_END_OF_FILE;
      return STATUS_SUCCESS;
    });
    add_completing(STATUS_SUCCESS);
    add_layer([&](Layer& self, PIRP irp) {
      IoMarkIrpPending(irp);
      IoCopyCurrentIrpStackLocationToNext(irp);
      changing.set(irp);
      IoCallDriver(self.lower, irp);
      return STATUS_PENDING;
    });
    EXPECT_EQ(ask_top(), STATUS_END_OF_FILE);
  });
}

TEST_F(IoCompletionMisuse, R_IRP_42_TheAllocatorsRoutineFreesItsIrp) {
  expect_no_bugcheck([&] {
    Routine freeing([](PDEVICE_OBJECT, PIRP irp) {
      IoFreeIrp(irp);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_completing();
    PIRP irp = own_irp();
    freeing.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_SUCCESS);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoCompletionMisuse, R_IRP_42_FreeingAndGoingOnIsC9_20A) {
  expect_bugcheck(0xC9, 0x20A, [&] {
    Routine freeing([](PDEVICE_OBJECT, PIRP irp) {
      IoFreeIrp(irp);
      return STATUS_SUCCESS;
    });
    add_completing();
    PIRP irp = own_irp();
    freeing.set(irp);
    IoCallDriver(top(), irp);
  });
}

TEST_F(IoCompletionMisuse, R_IRP_44_TheIrpIsNoIrpAfterItsCompletion) {
  expect_no_bugcheck([&] {
    add_pending();
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = threaded_irp(&event, &iosb);
    IoCallDriver(top(), irp);
    EXPECT_NE(ntos::irp_id(irp), 0u);
    finish();
    EXPECT_EQ(ntos::irp_id(irp), 0u);
  });
}

TEST_F(IoCompletionMisuse, V_C9_239_CompletedButNeverSent) {
  expect_bugcheck(0xC9, 0x239, [&] {
    add_completing();
    complete(own_irp(), STATUS_SUCCESS);
  });
}

TEST_F(IoCompletionMisuse, V_44_CompletedByItsAllocatorAfterItCameBack) {
  expect_bugcheck(0x44, [&] {
    Routine keep([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    add_completing();
    PIRP irp = own_irp();
    keep.set(irp);
    IoCallDriver(top(), irp);
    complete(irp, STATUS_SUCCESS);
  });
}

}  // namespace
}  // namespace p2p::test
