// Completion routines and the walk: rules R-IRP-20 to R-IRP-25 and R-IRP-32 to R-IRP-45; what may go wrong in them:
// io_completion_misuse_test.cpp.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/io/irp.h"

namespace p2p::test {
namespace {

class IoCompletion : public IoTest {
 protected:
  /// An own IRP through `watching` whose routine has the conditions given; how often it was called.
  int calls_for(NTSTATUS status, bool success, bool error, bool cancel, bool cancelled = false) {
    Layer& lower = add_completing(status);
    Routine watching([](PDEVICE_OBJECT, PIRP irp) { return go_on(irp); });
    Routine keep([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    add_layer([&](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      watching.set(irp, success, error, cancel);
      return IoCallDriver(self.lower, irp);
    });
    PIRP irp = own_irp();
    if (cancelled) IoCancelIrp(irp);
    keep.set(irp);
    IoCallDriver(top(), irp);
    EXPECT_EQ(lower.calls, 1);
    EXPECT_EQ(keep.calls, 1);
    IoFreeIrp(irp);
    return watching.calls;
  }
};

TEST_F(IoCompletion, R_IRP_20_StoredInTheNextLowerDriversLocation) {
  expect_no_bugcheck([&] {
    Routine routine([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    add_layer([&](Layer&, PIRP irp) {
      PIO_STACK_LOCATION mine = IoGetCurrentIrpStackLocation(irp);
      EXPECT_EQ(mine->CompletionRoutine, &Routine::enter);
      EXPECT_EQ(mine->Context, &routine);
      return complete(irp, STATUS_SUCCESS);
    });
    PIRP irp = own_irp();
    routine.set(irp);
    IoCallDriver(top(), irp);
    EXPECT_EQ(routine.calls, 1);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletion, R_IRP_21_ControlBitsAreAssigned) {
  expect_no_bugcheck([&] {
    add_completing();
    Routine routine([](PDEVICE_OBJECT, PIRP) { return STATUS_SUCCESS; });
    PIRP irp = own_irp();
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    next->Control = 0xFF;
    routine.set(irp, true, false, false);
    EXPECT_EQ(next->Control, 0x40);
    routine.set(irp, false, true, true);
    EXPECT_EQ(next->Control, 0x80 | 0x20);
    IoFreeIrp(irp);
  });
}

struct Condition {
  NTSTATUS status;
  bool success, error, cancel, cancelled;
  int calls;
};
class IoCondition : public IoCompletion, public ::testing::WithParamInterface<Condition> {};
TEST_P(IoCondition, R_IRP_22_RoutineIsCalledIfAConditionHolds) {
  const Condition& c = GetParam();
  expect_no_bugcheck([&] { EXPECT_EQ(calls_for(c.status, c.success, c.error, c.cancel, c.cancelled), c.calls); });
}
constexpr NTSTATUS kInformational = 0x40000000;  // STATUS_OBJECT_NAME_EXISTS, a success to NT_SUCCESS
INSTANTIATE_TEST_SUITE_P(All, IoCondition,
                         ::testing::Values(Condition{STATUS_SUCCESS, true, false, false, false, 1},
                                           Condition{STATUS_SUCCESS, false, true, true, false, 0},
                                           Condition{kInformational, true, false, false, false, 1},
                                           Condition{STATUS_BUFFER_OVERFLOW, true, false, false, false, 0},
                                           Condition{STATUS_BUFFER_OVERFLOW, false, true, false, false, 1},
                                           Condition{STATUS_UNSUCCESSFUL, false, true, false, false, 1},
                                           Condition{STATUS_UNSUCCESSFUL, true, false, true, false, 0},
                                           Condition{STATUS_SUCCESS, false, false, true, true, 1},
                                           Condition{STATUS_CANCELLED, true, false, false, true, 0},
                                           Condition{STATUS_CANCELLED, false, false, true, false, 0}));

TEST_F(IoCompletion, R_IRP_25_RegistrationHoldsForOneSend) {
  expect_no_bugcheck([&] {
    Layer& lower = add_completing();
    Routine keep([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    PIRP irp = own_irp();
    keep.set(irp);
    IoCallDriver(lower.device, irp);
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
    EXPECT_EQ(location->CompletionRoutine, nullptr);  // gone with the location
    EXPECT_EQ(location->Control, 0);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletion, R_IRP_32_FromTheNextHighestToTheHighest) {
  std::vector<int> order;
  expect_no_bugcheck([&] {
    Routine low([&](PDEVICE_OBJECT, PIRP irp) {
      order.push_back(1);
      return go_on(irp);
    });
    Routine high([&](PDEVICE_OBJECT, PIRP irp) {
      order.push_back(2);
      return go_on(irp);
    });
    Routine originator([&](PDEVICE_OBJECT, PIRP) {
      order.push_back(3);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_completing();
    add_watching(low);
    add_skipping();
    add_watching(high);
    PIRP irp = own_irp();
    originator.set(irp);
    IoCallDriver(top(), irp);
    order.push_back(4);
    IoFreeIrp(irp);
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(IoCompletion, R_IRP_32_TheFinishedLocationIsZeroWhenTheRoutineRuns) {
  expect_no_bugcheck([&] {
    add_completing(STATUS_SUCCESS, 12);
    Routine watching([](PDEVICE_OBJECT, PIRP irp) {
      const PIO_STACK_LOCATION below = IoGetNextIrpStackLocation(irp);
      EXPECT_EQ(below->MajorFunction, 0);
      EXPECT_EQ(below->Parameters.DeviceIoControl.IoControlCode, 0u);
      EXPECT_EQ(below->CompletionRoutine, nullptr);
      EXPECT_EQ(irp->IoStatus.Information, 12u);
      return go_on(irp);
    });
    add_watching(watching);
    EXPECT_EQ(ask_top(), STATUS_SUCCESS);
    EXPECT_EQ(watching.calls, 1);
  });
}

TEST_F(IoCompletion, R_IRP_33_PendingReturnedSaysWhatTheLowerDriverMarked) {
  expect_no_bugcheck([&] {
    bool pending = false;
    Routine watching([&](PDEVICE_OBJECT, PIRP irp) {
      pending = irp->PendingReturned != FALSE;
      return go_on(irp);
    });
    Layer& lower = add_pending();
    Layer& upper = add_watching(watching);
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_EQ(IoCallDriver(top(), threaded_irp(&event, &iosb)), STATUS_PENDING);
    EXPECT_EQ(IoGetCurrentIrpStackLocation(kept)->DeviceObject, lower.device);
    finish();
    EXPECT_TRUE(pending);
    EXPECT_TRUE(KeReadStateEvent(&event));
    EXPECT_EQ(upper.calls, 1);
  });
}

TEST_F(IoCompletion, R_IRP_33_InTheRoutineTheOwnersLocationIsCurrent) {
  expect_no_bugcheck([&] {
    PIO_STACK_LOCATION owners = nullptr;
    Routine watching([&](PDEVICE_OBJECT device, PIRP irp) {
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp), owners);
      EXPECT_EQ(device, top());
      EXPECT_FALSE(irp->PendingReturned);
      return go_on(irp);
    });
    add_completing();
    add_layer([&](Layer& self, PIRP irp) {
      owners = IoGetCurrentIrpStackLocation(irp);
      IoCopyCurrentIrpStackLocationToNext(irp);
      watching.set(irp);
      return IoCallDriver(self.lower, irp);
    });
    ask_top();
    EXPECT_EQ(watching.calls, 1);
  });
}

TEST_F(IoCompletion, R_IRP_34_WithoutARoutineTheWalkPropagatesPending) {
  expect_no_bugcheck([&] {
    bool pending = false;
    Routine highest([&](PDEVICE_OBJECT, PIRP irp) {
      pending = irp->PendingReturned != FALSE;
      return go_on(irp);
    });
    Routine only_errors([](PDEVICE_OBJECT, PIRP irp) { return go_on(irp); });
    add_pending();
    add_layer([&](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      only_errors.set(irp, false, true, false);
      return IoCallDriver(self.lower, irp);
    });
    add_watching(highest);
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_EQ(IoCallDriver(top(), threaded_irp(&event, &iosb)), STATUS_PENDING);
    finish();
    EXPECT_EQ(only_errors.calls, 0);
    EXPECT_TRUE(pending);
  });
}

TEST_F(IoCompletion, R_IRP_35_NullDeviceObjectForAnOriginatorWithoutALocation) {
  expect_no_bugcheck([&] {
    PDEVICE_OBJECT given = reinterpret_cast<PDEVICE_OBJECT>(1);
    Routine originator([&](PDEVICE_OBJECT device, PIRP) {
      given = device;
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_completing();
    PIRP irp = own_irp();
    originator.set(irp);
    IoCallDriver(top(), irp);
    EXPECT_EQ(given, nullptr);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletion, R_IRP_35_NullDeviceObjectIfTheOriginatorDidNotFillItsLocation) {
  expect_no_bugcheck([&] {
    PDEVICE_OBJECT given = reinterpret_cast<PDEVICE_OBJECT>(1);
    Routine originator([&](PDEVICE_OBJECT device, PIRP) {
      given = device;
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_completing();
    PIRP irp = own_irp(1);
    IoSetNextIrpStackLocation(irp);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    originator.set(irp);
    IoCallDriver(top(), irp);
    EXPECT_EQ(given, nullptr);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletion, R_IRP_36_EveryOtherStatusGoesOn) {
  expect_no_bugcheck([&] {
    Routine odd([](PDEVICE_OBJECT, PIRP) { return STATUS_UNSUCCESSFUL; });
    add_completing(STATUS_SUCCESS);
    add_watching(odd);
    EXPECT_EQ(ask_top(), STATUS_SUCCESS);  // the routine's value says nothing about the request
    EXPECT_EQ(odd.calls, 1);
  });
}

TEST_F(IoCompletion, R_IRP_37_MoreProcessingStopsAndTheNextCompleteResumesAbove) {
  std::vector<int> order;
  expect_no_bugcheck([&] {
    bool returned = false;
    Routine lowest([&](PDEVICE_OBJECT, PIRP irp) {
      order.push_back(1);
      return go_on(irp);
    });
    Routine stopping([&](PDEVICE_OBJECT, PIRP) {
      order.push_back(2);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    Routine above([&](PDEVICE_OBJECT, PIRP irp) {
      order.push_back(4);
      return go_on(irp);
    });
    add_layer([&](Layer&, PIRP irp) {
      complete(irp, STATUS_SUCCESS);
      returned = true;  // at once, with the IRP not completed
      order.push_back(3);
      return STATUS_SUCCESS;
    });
    add_watching(lowest);
    add_layer([&](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      stopping.set(irp);
      EXPECT_EQ(IoCallDriver(self.lower, irp), STATUS_SUCCESS);
      EXPECT_TRUE(returned);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->DeviceObject, self.device);
      return complete(irp, STATUS_END_OF_FILE);
    });
    add_watching(above);
    EXPECT_EQ(ask_top(), STATUS_END_OF_FILE);
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(IoCompletion, R_IRP_38_RoutineRunsAtTheCompletersIrql) {
  expect_no_bugcheck([&] {
    KIRQL seen = 0;
    Routine watching([&](PDEVICE_OBJECT, PIRP irp) {
      seen = KeGetCurrentIrql();
      return go_on(irp);
    });
    add_pending();
    add_watching(watching);
    Dpc dpc([&](Dpc&) { finish(); });
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCallDriver(top(), threaded_irp(&event, &iosb));
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    wait_for(&event);
    EXPECT_EQ(seen, DISPATCH_LEVEL);
    EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  });
}

TEST_F(IoCompletion, R_IRP_41_ARoutineSendsItAgain) {
  expect_no_bugcheck([&] {
    int tries = 0;
    add_layer([&](Layer&, PIRP irp) { return complete(irp, ++tries < 3 ? STATUS_DEVICE_BUSY : STATUS_SUCCESS); });
    PDEVICE_OBJECT lower = top();
    Routine* again = nullptr;
    Routine retry([&](PDEVICE_OBJECT, PIRP irp) {
      if (irp->IoStatus.Status != STATUS_DEVICE_BUSY) return go_on(irp);
      irp->IoStatus.Status = STATUS_SUCCESS;
      irp->IoStatus.Information = 0;
      IoCopyCurrentIrpStackLocationToNext(irp);
      again->set(irp);
      IoCallDriver(lower, irp);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    again = &retry;
    add_layer([&](Layer& self, PIRP irp) {
      IoMarkIrpPending(irp);
      IoCopyCurrentIrpStackLocationToNext(irp);
      retry.set(irp);
      IoCallDriver(self.lower, irp);
      return STATUS_PENDING;
    });
    EXPECT_EQ(ask_top(), STATUS_SUCCESS);
    EXPECT_EQ(tries, 3);
    EXPECT_EQ(retry.calls, 3);
  });
}

TEST_F(IoCompletion, R_IRP_43_BoostIsRecordedAndChangesNothing) {
  expect_no_bugcheck([&] {
    CCHAR boost = 0;
    Routine watching([&](PDEVICE_OBJECT, PIRP irp) {
      boost = io::irp_info(irp)->boost;
      return go_on(irp);
    });
    add_layer([](Layer&, PIRP irp) {
      irp->IoStatus.Status = STATUS_SUCCESS;
      IoCompleteRequest(irp, IO_SOUND_INCREMENT);
      return STATUS_SUCCESS;
    });
    add_watching(watching);
    EXPECT_EQ(ask_top(), STATUS_SUCCESS);
    EXPECT_EQ(boost, IO_SOUND_INCREMENT);
  });
}

TEST_F(IoCompletion, R_IRP_45_PagesAreUnlockedAndMdlsFreedForTheIoManagersIrps) {
  expect_no_bugcheck([&] {
    PVOID buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8192, 'tseT');
    const std::uint64_t before = kernel->counters().pool_bytes_outstanding;
    add_pending();
    const std::uint64_t with_devices = kernel->counters().pool_bytes_outstanding;
    EXPECT_GT(with_devices, before);
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(CTL_CODE(0x8000, 1, METHOD_OUT_DIRECT, FILE_ANY_ACCESS), top(), nullptr, 0,
                                             buffer, 8192, FALSE, &event, &iosb);
    EXPECT_NE(irp->MdlAddress->MdlFlags & MDL_PAGES_LOCKED, 0);
    IoCallDriver(top(), irp);
    EXPECT_GT(kernel->counters().pool_bytes_outstanding, with_devices);
    finish();
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, with_devices);
    ExFreePoolWithTag(buffer, 'tseT');
  });
}

}  // namespace
}  // namespace p2p::test
