// In which context completion routines run, with which arguments, and where they may be registered: rules R-IRP-20,
// R-IRP-24, R-IRP-35, R-IRP-36, R-IRP-38.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/ke/cpu.h"
#include "tests/ntos/faults.h"

namespace p2p::test {
namespace {

/// A completion routine that writes down its arguments.
struct Arguments {
  static inline PDEVICE_OBJECT device = nullptr;
  static inline PIRP irp = nullptr;
  static inline PVOID context = nullptr;
  static inline int calls = 0;
  static NTSTATUS NTAPI note(PDEVICE_OBJECT given_device, PIRP given_irp, PVOID given_context) {
    device = given_device;
    irp = given_irp;
    context = given_context;
    ++calls;
    return go_on(given_irp);
  }
};

class IoCompletionContext : public IoTest {
 protected:
  /// Sends a threaded IRP to the top, which pends it; completes it with `completer`; returns when it is done.
  void complete_with(const std::function<void()>& completer) {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_EQ(IoCallDriver(top(), threaded_irp(&event, &iosb)), STATUS_PENDING);
    completer();
    wait_for(&event);
  }
};

TEST_F(IoCompletionContext, R_IRP_35_TheArgumentsAreTheOwnersDeviceTheIrpAndItsContext) {
  expect_no_bugcheck([&] {
    int own = 0;
    PIRP sent = nullptr;
    bool extended = false;
    PVOID context = nullptr;
    add_completing();
    Layer& owner = add_layer([&](Layer& self, PIRP irp) {
      sent = irp;
      IoCopyCurrentIrpStackLocationToNext(irp);
      if (extended) {
        EXPECT_EQ(IoSetCompletionRoutineEx(self.device, irp, Arguments::note, context, TRUE, TRUE, TRUE),
                  STATUS_SUCCESS);
      } else {
        IoSetCompletionRoutine(irp, Arguments::note, context, TRUE, TRUE, TRUE);
      }
      return IoCallDriver(self.lower, irp);
    });
    for (const bool ex : {false, true}) {
      for (PVOID given : {static_cast<PVOID>(&own), static_cast<PVOID>(nullptr)}) {
        Arguments::calls = 0;
        extended = ex;
        context = given;
        EXPECT_EQ(ask_top(), STATUS_SUCCESS);
        EXPECT_EQ(Arguments::calls, 1) << "extended: " << ex;
        EXPECT_EQ(Arguments::device, owner.device) << "extended: " << ex;
        EXPECT_EQ(Arguments::irp, sent) << "extended: " << ex;
        EXPECT_EQ(Arguments::context, given) << "extended: " << ex;
      }
    }
  });
}

// R-IRP-25: each time a request comes, in the dispatch routine.
TEST_F(IoCompletionContext, R_IRP_24_TheExtendedFormIsStoredInTheNextLowerLocationToo) {
  expect_no_bugcheck([&] {
    int seen = 0;
    add_layer([&](Layer&, PIRP irp) {
      const PIO_STACK_LOCATION mine = IoGetCurrentIrpStackLocation(irp);
      EXPECT_NE(mine->CompletionRoutine, nullptr);
      EXPECT_EQ(mine->Control, SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_CANCEL);
      ++seen;
      return complete(irp, STATUS_SUCCESS);
    });
    add_layer([&](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      EXPECT_EQ(IoSetCompletionRoutineEx(self.device, irp, Arguments::note, nullptr, TRUE, FALSE, TRUE),
                STATUS_SUCCESS);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->CompletionRoutine, nullptr);
      return IoCallDriver(self.lower, irp);
    });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask_top(), STATUS_SUCCESS);
    EXPECT_EQ(seen, 3);
    EXPECT_EQ(Arguments::calls, 3);
  });
}

TEST_F(IoCompletionContext, R_IRP_20_TheLowestDriversRoutineIsNeverCalled) {
  expect_no_bugcheck([&] {
    Routine above([](PDEVICE_OBJECT, PIRP irp) { return go_on(irp); });
    add_layer([](Layer&, PIRP irp) {
      EXPECT_EQ(irp->CurrentLocation, 1) << "below it there is no location";
      IoSetCompletionRoutine(irp, Arguments::note, nullptr, TRUE, TRUE, TRUE);
      return complete(irp, STATUS_SUCCESS);
    });
    add_watching(above);
    ask_top();
    EXPECT_EQ(Arguments::calls, 0);
    EXPECT_EQ(above.calls, 1);
  });
}

TEST_F(IoCompletionContext, R_IRP_36_OnlyOneStatusStopsTheWalk) {
  expect_no_bugcheck([&] {
    NTSTATUS answer = STATUS_SUCCESS;
    Routine odd([&](PDEVICE_OBJECT, PIRP irp) {
      go_on(irp);
      return answer;
    });
    Routine above([](PDEVICE_OBJECT, PIRP irp) { return go_on(irp); });
    add_completing(STATUS_SUCCESS);
    add_watching(odd);
    add_watching(above);
    const NTSTATUS answers[] = {STATUS_SUCCESS,      STATUS_PENDING,      STATUS_CANCELLED,
                                STATUS_MORE_ENTRIES, STATUS_UNSUCCESSFUL, -1};
    int calls = 0;
    for (const NTSTATUS each : answers) {
      answer = each;
      EXPECT_EQ(ask_top(), STATUS_SUCCESS) << "the routine returned " << each;
      EXPECT_EQ(above.calls, ++calls) << "the routine returned " << each;
    }
  });
}

TEST_F(IoCompletionContext, R_IRP_38_ItRunsInTheThreadThatCompletesNotInTheIssuers) {
  config.schedule = ntos::Schedule::kFifo;  // the random one may raise it to DISPATCH_LEVEL
  expect_no_bugcheck([&] {
    PVOID in_thread = nullptr, completer = nullptr;
    KIRQL irql = HIGH_LEVEL;
    Routine watching([&](PDEVICE_OBJECT, PIRP irp) {
      in_thread = KeGetCurrentThread();
      irql = KeGetCurrentIrql();
      return go_on(irp);
    });
    add_pending();
    add_watching(watching);
    complete_with([&] {
      spawn("completer", [&] {
        completer = KeGetCurrentThread();
        finish();
      });
    });
    EXPECT_NE(in_thread, static_cast<PVOID>(KeGetCurrentThread()));
    EXPECT_EQ(in_thread, completer);
    EXPECT_EQ(irql, PASSIVE_LEVEL);
  });
}

TEST_F(IoCompletionContext, R_IRP_38_CompletedInADpcItRunsInThatDpc) {
  expect_no_bugcheck([&] {
    bool in_dpc = false;
    KIRQL irql = PASSIVE_LEVEL;
    Routine watching([&](PDEVICE_OBJECT, PIRP irp) {
      in_dpc = ke::current_cpu().in_dpc;
      irql = KeGetCurrentIrql();
      return go_on(irp);
    });
    add_pending();
    add_watching(watching);
    Dpc dpc([&](Dpc&) { finish(); });
    complete_with([&] { KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr); });
    EXPECT_TRUE(in_dpc);
    EXPECT_EQ(irql, DISPATCH_LEVEL);
  });
}

TEST_F(IoCompletionContext, R_IRP_38_TheRandomScheduleCallsItAtDispatchLevelNowAndThen) {
  config.schedule = ntos::Schedule::kRandom;
  config.seed = 7;
  expect_no_bugcheck([&] {
    int passive = 0, dispatch = 0, other = 0;
    Routine watching([&](PDEVICE_OBJECT, PIRP irp) {
      const KIRQL irql = KeGetCurrentIrql();
      ++(irql == PASSIVE_LEVEL ? passive : irql == DISPATCH_LEVEL ? dispatch : other);
      return go_on(irp);
    });
    add_completing();
    add_watching(watching);
    for (int i = 0; i < 64; ++i) ask_top();
    EXPECT_GT(passive, 0) << "a routine may not rely on DISPATCH_LEVEL";
    EXPECT_GT(dispatch, 0) << "nor on less";
    EXPECT_EQ(other, 0);
  });
}

TEST_F(IoCompletionContext, R_IRP_38_ACallThatNeedsDispatchLevelIsStoppedBelowIt) {
  config.schedule = ntos::Schedule::kFifo;  // the routine must be called below DISPATCH_LEVEL
  expect_bugcheck(0xC4, 0x40, [&] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    Routine relying([&](PDEVICE_OBJECT, PIRP irp) {
      KeAcquireSpinLockAtDpcLevel(&lock);
      KeReleaseSpinLockFromDpcLevel(&lock);
      return go_on(irp);
    });
    add_completing();
    add_watching(relying);
    ask_top();
  });
}

volatile int g_read;

/// A completion routine that looks at its context; how it ends when a DPC completes the request.
struct Looking {
  static NTSTATUS NTAPI routine(PDEVICE_OBJECT, PIRP irp, PVOID context) {
    g_read = *static_cast<volatile int*>(context);
    return go_on(irp);
  }
};

class IoCompletionMemory : public IoCompletionContext {
 protected:
  void complete_in_a_dpc(POOL_FLAGS pool) {
    auto* context = static_cast<int*>(ExAllocatePool2(pool, PAGE_SIZE, 'txtC'));
    *context = 42;
    add_pending();
    add_layer([context](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      IoSetCompletionRoutine(irp, Looking::routine, context, TRUE, TRUE, TRUE);
      return IoCallDriver(self.lower, irp);
    });
    Dpc dpc([&](Dpc&) { finish(); });
    complete_with([&] { KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr); });
    ExFreePoolWithTag(context, 'txtC');
  }
};

TEST_F(IoCompletionMemory, R_IRP_38_AContextInPagedPoolIsOutOfReach) {
  P2P_SKIP_FAULTS;
  const ntos::BugCheck* bugcheck = run([&] { complete_in_a_dpc(POOL_FLAG_PAGED); });
  ASSERT_NE(bugcheck, nullptr) << "the context was read at DISPATCH_LEVEL";
  EXPECT_EQ(bugcheck->code, 0x0Au) << bugcheck->message;  // 0xD1 for a driver that is a module
  EXPECT_EQ(bugcheck->parameters[1], DISPATCH_LEVEL);
}

TEST_F(IoCompletionMemory, R_IRP_38_AContextInNonpagedPoolIsNot) {
  expect_no_bugcheck([&] { complete_in_a_dpc(POOL_FLAG_NON_PAGED); });
  EXPECT_EQ(g_read, 42);
}

}  // namespace
}  // namespace p2p::test
