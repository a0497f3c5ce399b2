// Cancellation: rules R-IRP-80 to R-IRP-89.
#include "tests/ntos/io_file.h"

namespace p2p::test {
namespace {

/// What the cancel routine saw.
struct Seen {
  PDEVICE_OBJECT device = nullptr;
  KIRQL irql = 0;
  bool lock_was_held = false;
  int calls = 0;
} seen;

VOID NTAPI cancel_completes(PDEVICE_OBJECT device, PIRP irp) {
  ++seen.calls;
  seen.device = device;
  seen.irql = KeGetCurrentIrql();
  EXPECT_EQ(irp->CancelRoutine, nullptr);
  EXPECT_TRUE(irp->Cancel);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  complete(irp, STATUS_CANCELLED);
}

class IoCancel : public IoTest {
 protected:
  /// A layer that pends with `routine` as cancel routine.
  Layer& add_cancelable(PDRIVER_CANCEL routine) {
    return add_layer([this, routine](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      IoSetCancelRoutine(irp, routine);
      kept = irp;
      return STATUS_PENDING;
    });
  }
  NTSTATUS send() {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    return IoCallDriver(top(), threaded_irp(&event, &iosb));
  }
  KEVENT event;
  IO_STATUS_BLOCK iosb = {};
};

TEST_F(IoCancel, R_IRP_80_RoutineIsCalledAtDispatchWithTheCurrentLocationsDevice) {
  expect_no_bugcheck([&] {
    Layer& lower = add_cancelable(cancel_completes);
    add_skipping();
    add_layer([](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      return IoCallDriver(self.lower, irp);
    });
    EXPECT_EQ(send(), STATUS_PENDING);
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    PIRP irp = kept;
    EXPECT_TRUE(IoCancelIrp(irp));
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    EXPECT_EQ(irp->CancelIrql, APC_LEVEL);  // what the lock's acquire saved
    KeLowerIrql(old);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.device, lower.device);
    EXPECT_EQ(seen.irql, DISPATCH_LEVEL);
    EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
  });
}

TEST_F(IoCancel, R_IRP_80_WithoutARoutineOnlyTheBitIsSet) {
  expect_no_bugcheck([&] {
    add_pending();
    send();
    EXPECT_FALSE(IoCancelIrp(kept));
    EXPECT_TRUE(kept->Cancel);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    complete(kept, STATUS_SUCCESS);
    EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  });
}

TEST_F(IoCancel, R_IRP_80_TheCancelLockIsHeld) {
  config.schedule = ntos::Schedule::kFifo;  // the other must come while the routine runs
  expect_no_bugcheck([&] {
    bool entered = false;
    static bool* other_entered = nullptr;
    other_entered = &entered;
    add_cancelable([](PDEVICE_OBJECT, PIRP irp) NTAPI {
      KeStallExecutionProcessor(50);
      EXPECT_FALSE(*other_entered);  // the other processor spins
      IoReleaseCancelSpinLock(irp->CancelIrql);
      complete(irp, STATUS_CANCELLED);
    });
    send();
    spawn("other", [&] {
      KeStallExecutionProcessor(10);
      KIRQL old;
      IoAcquireCancelSpinLock(&old);
      entered = true;
      IoReleaseCancelSpinLock(old);
    });
    sleep_us(5);
    IoCancelIrp(kept);
    wait_for(&event);
    sleep_us(100);
    EXPECT_TRUE(entered);
  });
}

TEST_F(IoCancel, R_IRP_81_R_IRP_82_ExchangeSaysWhoOwnsIt) {
  expect_no_bugcheck([&] {
    add_cancelable(cancel_completes);
    send();
    EXPECT_EQ(IoSetCancelRoutine(kept, nullptr), &cancel_completes);  // cancelable: now it is mine
    EXPECT_EQ(IoSetCancelRoutine(kept, nullptr), nullptr);
    EXPECT_FALSE(IoCancelIrp(kept));
    EXPECT_EQ(seen.calls, 0);
    complete(kept, STATUS_SUCCESS);
  });
}

TEST_F(IoCancel, R_IRP_82_DuringTheRoutineItIsNull) {
  expect_no_bugcheck([&] {
    add_cancelable([](PDEVICE_OBJECT, PIRP irp) NTAPI {
      EXPECT_EQ(IoSetCancelRoutine(irp, nullptr), nullptr);
      IoReleaseCancelSpinLock(irp->CancelIrql);
      complete(irp, STATUS_CANCELLED);
    });
    send();
    EXPECT_TRUE(IoCancelIrp(kept));
  });
}

TEST_F(IoCancel, R_IRP_83_CancelledBeforeItWasQueued) {
  expect_no_bugcheck([&] {
    add_layer([&](Layer&, PIRP irp) {
      EXPECT_FALSE(IoCancelIrp(irp));  // too early for a routine
      IoMarkIrpPending(irp);
      IoSetCancelRoutine(irp, cancel_completes);
      if (irp->Cancel && IoSetCancelRoutine(irp, nullptr) != nullptr) complete(irp, STATUS_CANCELLED);
      return STATUS_PENDING;
    });
    EXPECT_EQ(send(), STATUS_PENDING);
    EXPECT_EQ(seen.calls, 0);
    EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
  });
}

TEST_F(IoCancel, R_IRP_84_KeepingTheLockIsC9_05) {
  expect_bugcheck(0xC9, 0x05, [&] {
    add_cancelable([](PDEVICE_OBJECT, PIRP) NTAPI {});
    send();
    IoCancelIrp(kept);
  });
}

TEST_F(IoCancel, R_IRP_84_CompletingWithTheLockHeldIsC4_40009) {
  expect_bugcheck(0xC4, 0x40009, [&] {
    add_cancelable([](PDEVICE_OBJECT, PIRP irp) NTAPI { complete(irp, STATUS_CANCELLED); });
    send();
    IoCancelIrp(kept);
  });
}

TEST_F(IoCancel, R_IRP_84_TakingTheLockAgainIs0F) {
  expect_bugcheck(0x0F, [&] {
    add_cancelable([](PDEVICE_OBJECT, PIRP) NTAPI {
      KIRQL old;
      IoAcquireCancelSpinLock(&old);
    });
    send();
    IoCancelIrp(kept);
  });
}

TEST_F(IoCancel, R_IRP_84_MayReleaseAndLetTheRequestFinish) {
  expect_no_bugcheck([&] {
    add_cancelable([](PDEVICE_OBJECT, PIRP irp) NTAPI { IoReleaseCancelSpinLock(irp->CancelIrql); });
    send();
    EXPECT_TRUE(IoCancelIrp(kept));
    EXPECT_FALSE(KeReadStateEvent(&event));
    complete(kept, STATUS_SUCCESS);
    EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  });
}

TEST_F(IoCancel, R_IRP_85_ForwardedWithACancelRoutineIsC9_203) {
  expect_bugcheck(0xC9, 0x203, [&] {
    add_completing();
    add_layer([](Layer& self, PIRP irp) {
      IoSetCancelRoutine(irp, cancel_completes);
      return self.pass_down(irp);
    });
    send();
  });
}

TEST_F(IoCancel, R_IRP_86_ACancelledRequestMaySucceed) {
  expect_no_bugcheck([&] {
    add_pending();
    Routine back([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    PIRP irp = own_irp();
    back.set(irp);
    IoCallDriver(top(), irp);
    IoCancelIrp(irp);
    complete(irp, STATUS_SUCCESS);
    EXPECT_EQ(back.calls, 1);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCancel, R_IRP_87_CancelAfterATimeout) {
  expect_no_bugcheck([&] {
    enum : LONG { kCancelable, kCancelStarted, kCancelComplete, kCompleted };
    LONG lock = kCancelable;
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    Routine routine([&](PDEVICE_OBJECT, PIRP) {
      const LONG old = InterlockedExchange(&lock, kCompleted);
      if (old != kCancelStarted) KeSetEvent(&done, 0, FALSE);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_cancelable(cancel_completes);
    PIRP irp = own_irp();
    routine.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_PENDING);
    EXPECT_EQ(wait_for_us(&done, 100), STATUS_TIMEOUT);
    ASSERT_EQ(InterlockedExchange(&lock, kCancelStarted), kCancelable);
    IoCancelIrp(irp);
    EXPECT_EQ(InterlockedExchange(&lock, kCancelComplete), kCompleted);  // the routine left it to the canceller
    EXPECT_EQ(irp->IoStatus.Status, STATUS_CANCELLED);
    EXPECT_FALSE(KeReadStateEvent(&done));
    IoFreeIrp(irp);
  });
}

TEST_F(IoCancel, R_IRP_88_CancelledAndNeverCompletedIsC4_135) {
  expect_bugcheck(0xC4, 0x135, [&] {
    add_pending();
    send();
    IoCancelIrp(kept);
    wait_for(&event);
  });
}

TEST_F(IoCancel, R_IRP_88_CompletedWithinTheLimitIsFine) {
  expect_no_bugcheck([&] {
    add_pending();
    send();
    IoCancelIrp(kept);
    sleep_us(1000 * (std::int64_t{config.cancel_limit_ms} - 1));
    complete(kept, STATUS_CANCELLED);
    sleep_us(5000);
  });
}

/// A request of the driver's own that comes back and is kept.
class IoCancelOwn : public IoCancel {
 protected:
  PIRP send_own() {
    PIRP irp = own_irp();
    back.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_PENDING);
    return irp;
  }
  void sleep_limits(int count) { sleep_us(1000 * (std::int64_t{config.cancel_limit_ms} * count)); }
  Routine back{[](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; }};
};

TEST_F(IoCancelOwn, R_IRP_88_WhoeverGetsItsOwnRequestBackMayKeepIt) {
  expect_no_bugcheck([&] {
    add_pending();
    PIRP irp = send_own();
    IoCancelIrp(irp);
    complete(irp, STATUS_CANCELLED);
    EXPECT_EQ(back.calls, 1);
    sleep_limits(2);
    EXPECT_FALSE(IoCancelIrp(irp));  // not on its way: nothing has to come back
    sleep_limits(2);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCancelOwn, R_IRP_88_NotYetSentItHasNoLimit) {
  expect_no_bugcheck([&] {
    add_pending();
    PIRP irp = own_irp();
    EXPECT_FALSE(IoCancelIrp(irp));
    sleep_limits(2);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCancelOwn, R_IRP_88_ARoutineInTheMiddleThatStopsTheWalkIsStillLimited) {
  expect_bugcheck(0xC4, 0x135, [&] {
    add_pending();
    Routine stop([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    add_watching(stop);
    PIRP irp = send_own();
    IoCancelIrp(irp);
    complete(irp, STATUS_CANCELLED);
    sleep_limits(2);
  });
}

TEST_F(IoCancelOwn, R_IRP_88_LimitsAReusedRequestAgain) {
  expect_bugcheck(0xC4, 0x135, [&] {
    add_pending();
    PIRP irp = send_own();
    IoCancelIrp(irp);
    complete(irp, STATUS_CANCELLED);
    IoReuseIrp(irp, STATUS_SUCCESS);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    back.set(irp);
    IoCallDriver(top(), irp);
    IoCancelIrp(irp);
    sleep_limits(2);
  });
}

TEST_F(IoCancel, R_IRP_80_AnIrpFreedWhileTheLockWasAwaitedIsC9_03) {
  config.schedule = ntos::Schedule::kFifo;  // it must be freed during the wait for the lock
  config.cpus = 3;
  expect_bugcheck(0xC9, 0x03, [&] {
    add_pending();
    send();
    spawn("holder", [&] {
      KIRQL old;
      IoAcquireCancelSpinLock(&old);
      KeStallExecutionProcessor(100);
      IoReleaseCancelSpinLock(old);
    });
    spawn("canceller", [&] {
      KeStallExecutionProcessor(20);
      IoCancelIrp(kept);
    });
    sleep_us(50);
    complete(kept, STATUS_SUCCESS);
    sleep_us(200);
  });
}

class IoCancelFile : public IoFileTest {};

TEST_F(IoCancelFile, R_IRP_50_ARequestThatCompletesWhileTheCancelLockIsAwaitedIsLeftAlone) {
  config.schedule = ntos::Schedule::kFifo;  // it must complete during the wait for the lock
  config.cpus = 3;
  expect_no_bugcheck([&] {
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      return STATUS_PENDING;
    });
    const nt::Handle file = open();
    nt::device_io_control_file(file, 0, nullptr, &iosb, CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), nullptr, 0, nullptr, 0);
    spawn("holder", [&] {
      KIRQL old;
      IoAcquireCancelSpinLock(&old);
      KeStallExecutionProcessor(100);
      IoReleaseCancelSpinLock(old);
    });
    nt::Status cancelled = STATUS_SUCCESS;
    spawn("canceller", [&] {
      KeStallExecutionProcessor(20);
      cancelled = nt::cancel_io_file(file, &iosb);
    });
    sleep_us(50);
    complete(kept, STATUS_SUCCESS);  // and freed, in this thread
    sleep_us(200);
    EXPECT_EQ(cancelled, STATUS_NOT_FOUND);
    EXPECT_EQ(iosb.status, STATUS_SUCCESS);
    EXPECT_EQ(events.count("irp.cancel"), 0u);
    nt::close(file);
  });
}

TEST_F(IoCancelFile, R_IRP_89_CleanupCompletesWhatIsQueuedForItsFile) {
  expect_no_bugcheck([&] {
    std::vector<PIRP> queue;
    Layer& layer = add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      queue.push_back(irp);
      return STATUS_PENDING;
    });
    auto inner = layer.dispatch;
    layer.dispatch = [&, inner](Layer& self, PIRP irp) {
      PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
      if (location->MajorFunction == IRP_MJ_CLEANUP) {
        std::erase_if(queue, [&](PIRP queued) {
          if (IoGetCurrentIrpStackLocation(queued)->FileObject != location->FileObject) return false;
          complete(queued, STATUS_CANCELLED);
          return true;
        });
      }
      return inner(self, irp);
    };
    const nt::Handle mine = open(), other = open();
    nt::IoStatusBlock other_iosb = {};
    nt::device_io_control_file(mine, 0, nullptr, &iosb, CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), nullptr, 0, nullptr, 0);
    nt::device_io_control_file(other, 0, nullptr, &other_iosb, CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), nullptr, 0,
                               nullptr, 0);
    nt::close(mine);
    EXPECT_EQ(iosb.status, STATUS_CANCELLED);
    EXPECT_EQ(queue.size(), 1u);
    EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE}));
    complete(queue[0], STATUS_SUCCESS, 4);
    EXPECT_EQ(other_iosb.information, 4u);
  });
}

TEST_F(IoCancelFile, CancelIoFileTakesOneRequestOrAllOfTheFile) {
  expect_no_bugcheck([&] {
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      IoSetCancelRoutine(irp, cancel_completes);
      return STATUS_PENDING;
    });
    const nt::Handle file = open();
    nt::IoStatusBlock blocks[3] = {};
    for (auto& block : blocks) {
      nt::device_io_control_file(file, 0, nullptr, &block, CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), nullptr, 0, nullptr,
                                 0);
    }
    nt::IoStatusBlock unknown;
    EXPECT_EQ(nt::cancel_io_file(file, &unknown), STATUS_NOT_FOUND);
    EXPECT_EQ(nt::cancel_io_file(file, &blocks[1]), STATUS_SUCCESS);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(blocks[1].status, STATUS_CANCELLED);
    EXPECT_EQ(nt::cancel_io_file(file, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(seen.calls, 3);
    EXPECT_EQ(kernel->counters().irps_cancelled, 3u);
  });
}

}  // namespace
}  // namespace p2p::test
