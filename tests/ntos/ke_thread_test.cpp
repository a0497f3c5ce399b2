// Threads, scheduling and APCs: rules R-THR-1, R-IRP-52 (special kernel APCs), decision "one thread a CPU at a time".
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/ke/apc.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class KeThread : public KernelTest {};

struct SystemThread {
  std::function<void()> body;
  static VOID NTAPI start(PVOID context) {
    static_cast<SystemThread*>(context)->body();
    PsTerminateSystemThread(STATUS_SUCCESS);
    ADD_FAILURE() << "PsTerminateSystemThread returned";
  }
};

TEST_F(KeThread, R_THR_1_StartsAtPassiveInACriticalRegionAndEndsItself) {
  expect_no_bugcheck([&] {
    bool ran = false;
    SystemThread thread{[&] {
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      EXPECT_TRUE(KeAreApcsDisabled());
      EXPECT_FALSE(KeAreAllApcsDisabled());
      EXPECT_EQ(ExGetPreviousMode(), KernelMode);
      ran = true;
    }};
    HANDLE handle = nullptr;
    ASSERT_EQ(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, SystemThread::start, &thread),
              STATUS_SUCCESS);
    void* object = ob::waitable_of(reinterpret_cast<std::uintptr_t>(handle));
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(wait_for(object), STATUS_SUCCESS);  // signalled when it ends
    EXPECT_TRUE(ran);
    EXPECT_EQ(wait_for(object), STATUS_SUCCESS);  // and stays so
  });
  EXPECT_EQ(events.count("ntos.thread.start"), 2u);
  EXPECT_EQ(events.count("ntos.thread.exit"), 2u);
}

TEST_F(KeThread, R_THR_1_CreateAbovePassiveIsBugCheck) {
  expect_bugcheck(0xC4, 0x2001C, [&] {
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    HANDLE handle;
    static SystemThread thread;
    P2P_IMPORT(PsCreateSystemThread)
    (&handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, SystemThread::start, &thread);
  });
}

TEST_F(KeThread, V_C4_40003_EndsInsideACriticalRegion) {
  expect_bugcheck(0xC4, 0x40003, [&] {
    HANDLE handle;
    const auto body = [](PVOID) NTAPI { KeEnterCriticalRegion(); };
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, body, nullptr);
    sleep_us(10'000);
  });
}

TEST_F(KeThread, R_THR_1_TerminateInAUserThreadIsRefused) {
  boot();
  NTSTATUS status = STATUS_SUCCESS;
  kernel->run_in_user_thread("application", [&] {
    EXPECT_EQ(ntos::previous_mode(), static_cast<int>(UserMode));
    status = PsTerminateSystemThread(STATUS_SUCCESS);
  });
  FakeHardware::run();
  EXPECT_EQ(status, STATUS_INVALID_PARAMETER);
}

TEST_F(KeThread, ThreadsRunAtTheSameTimeOnlyOnDifferentProcessors) {
  config.schedule = ntos::Schedule::kFifo;  // the others' delays may be longer than what is measured
  std::vector<std::uint64_t> ended;
  expect_no_bugcheck([&] {
    for (int i = 0; i < 4; ++i) {
      spawn("worker", [&] {
        KeStallExecutionProcessor(1000);
        ended.push_back(hardware.now_ps());
      });
    }
    sleep_us(10'000);
  });
  ASSERT_EQ(ended.size(), 4u);
  EXPECT_LT(ended[1] - ended[0], 20'000'000u);   // two at a time
  EXPECT_GE(ended[2] - ended[0], 990'000'000u);  // the others after them
  EXPECT_LT(ended[3] - ended[2], 20'000'000u);
}

TEST_F(KeThread, HigherPriorityPreemptsAtOnce) {
  config.cpus = 1;
  expect_no_bugcheck([&] {
    std::string order;
    KEVENT go;
    KeInitializeEvent(&go, SynchronizationEvent, FALSE);
    spawn("urgent", [&] {
      KeSetPriorityThread(KeGetCurrentThread(), 15);
      wait_for(&go);
      order += 'u';
    });
    sleep_us(50);
    order += 'a';
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    order += 'b';
    EXPECT_EQ(order, "aub");
  });
}

TEST_F(KeThread, EqualsTakeTurnsByQuantum) {
  config.schedule = ntos::Schedule::kFifo;  // by nothing but their quanta
  config.cpus = 1;
  bool stop = false;
  expect_no_bugcheck([&] {
    spawn("hog", [&] {
      while (!stop) KeStallExecutionProcessor(50);
    });
    KeStallExecutionProcessor(100'000);  // comes to its end though the other never waits
    stop = true;
  });
  EXPECT_GE(hardware.now_ps(), 190'000'000'000u);
}

TEST_F(KeThread, WokenThreadGetsAnIdleProcessorEach) {
  config.schedule = ntos::Schedule::kFifo;  // delays may be longer than what is measured
  expect_no_bugcheck([&] {
    std::vector<std::uint64_t> woken;
    KEVENT go;
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    for (int i = 0; i < 2; ++i) {
      spawn("waiter", [&] {
        wait_for(&go);
        woken.push_back(hardware.now_ps());
        KeStallExecutionProcessor(100);
      });
    }
    sleep_us(100);
    KTIMER timer;
    KeInitializeTimer(&timer);
    Dpc dpc([&](Dpc&) { KeSetEvent(&go, IO_NO_INCREMENT, FALSE); });
    KeSetTimer(&timer, relative_us(50), &dpc.dpc);
    sleep_us(500);
    ASSERT_EQ(woken.size(), 2u);
    EXPECT_LT(woken[1] - woken[0], 10'000'000u);
  });
}

TEST_F(KeThread, AffinityIsObeyed) {
  expect_no_bugcheck([&] {
    for (ULONG target : {1u, 0u, 1u}) {
      KeSetSystemAffinityThread(KAFFINITY{1} << target);
      EXPECT_EQ(KeGetCurrentProcessorNumber(), target);
    }
    KeRevertToUserAffinityThread();
    EXPECT_EQ(KeQueryActiveProcessorCount(nullptr), 2u);
  });
}

TEST_F(KeThread, ContextSwitchIsCharged) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    const std::uint64_t start = hardware.now_ps();
    sleep_us(100);
    EXPECT_EQ(hardware.now_ps() - start, 100'000'000u + config.cost.context_switch * 1000u);
  });
}

TEST_F(KeThread, EqualThreadsRunInTheOrderTheyWereWoken) {
  config.schedule = ntos::Schedule::kFifo;  // that order is fifo's
  config.cpus = 1;
  std::string order;
  expect_no_bugcheck([&] {
    std::vector<std::unique_ptr<KEVENT>> gates;
    for (int i = 0; i < 6; ++i) {
      gates.push_back(std::make_unique<KEVENT>());
      KeInitializeEvent(gates.back().get(), SynchronizationEvent, FALSE);
    }
    for (int i = 0; i < 6; ++i) {
      spawn("step", [&, i] {
        wait_for(gates[static_cast<std::size_t>(i)].get());
        order += static_cast<char>('0' + i);
      });
    }
    sleep_us(100);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    for (std::size_t i : {3u, 1u, 5u, 0u, 2u, 4u}) KeSetEvent(gates[i].get(), IO_NO_INCREMENT, FALSE);
    KeLowerIrql(old);
    sleep_us(100);
  });
  EXPECT_EQ(order, "315024");
}

// -- APCs
// --------------------------------------------------------------------------------------------------------------

TEST_F(KeThread, R_IRP_52_SpecialApcToTheCallerRunsAtOnce) {
  expect_no_bugcheck([&] {
    bool ran = false;
    ke::queue_special_apc(ke::current_thread(), [&] {
      ran = true;
      EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    });
    EXPECT_TRUE(ran);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(KeThread, R_IRP_52_SpecialApcWaitsUntilBelowApcLevelAndOutsideGuardedRegions) {
  expect_no_bugcheck([&] {
    int ran = 0;
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    ke::queue_special_apc(ke::current_thread(), [&] { ++ran; });
    EXPECT_EQ(ran, 0);
    KeLowerIrql(old);
    EXPECT_EQ(ran, 1);
    KeEnterGuardedRegion();
    ke::queue_special_apc(ke::current_thread(), [&] { ++ran; });
    EXPECT_EQ(ran, 1);
    KeLeaveGuardedRegion();
    EXPECT_EQ(ran, 2);
    KeEnterCriticalRegion();
    ke::queue_special_apc(ke::current_thread(), [&] { ++ran; });
    EXPECT_EQ(ran, 3);  // a critical region keeps normal APCs away only
    KeLeaveCriticalRegion();
  });
}

TEST_F(KeThread, R_IRP_52_SpecialApcFromADpcRunsAfterIt) {
  expect_no_bugcheck([&] {
    std::string order;
    ke::Thread* self = ke::current_thread();
    Dpc dpc([&](Dpc&) {
      ke::queue_special_apc(self, [&] { order += "apc "; });
      order += "dpc ";
    });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_EQ(order, "dpc apc ");
  });
}

TEST_F(KeThread, R_IRP_52_SpecialApcInterruptsAWaitThatGoesOn) {
  expect_no_bugcheck([&] {
    bool ran = false, woken = false;
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    ke::Thread* waiter = nullptr;
    spawn("waiter", [&] {
      waiter = ke::current_thread();
      wait_for(&event);
      woken = true;
    });
    sleep_us(50);
    ke::queue_special_apc(waiter, [&] {
      EXPECT_EQ(ke::current_thread(), waiter);
      ran = true;
    });
    sleep_us(50);
    EXPECT_TRUE(ran);
    EXPECT_FALSE(woken);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    sleep_us(50);
    EXPECT_TRUE(woken);
  });
}

TEST_F(KeThread, R_IRP_52_AnApcMayWaitItselfWhileTheOuterWaitIsSatisfied) {
  expect_no_bugcheck([&] {
    std::string order;
    KEVENT outer, inner;
    KeInitializeEvent(&outer, SynchronizationEvent, FALSE);
    KeInitializeEvent(&inner, SynchronizationEvent, FALSE);
    ke::Thread* waiter = nullptr;
    spawn("waiter", [&] {
      waiter = ke::current_thread();
      wait_for(&outer);
      order += "outer ";
    });
    sleep_us(50);
    ke::queue_special_apc(waiter, [&] {
      wait_for(&inner);
      order += "inner ";
    });
    sleep_us(50);
    KeSetEvent(&outer, IO_NO_INCREMENT, FALSE);
    sleep_us(50);
    EXPECT_EQ(order, "");
    KeSetEvent(&inner, IO_NO_INCREMENT, FALSE);
    sleep_us(50);
    EXPECT_EQ(order, "inner outer ");
  });
}

std::string g_apc_log;
VOID NTAPI kernel_routine(PKAPC, PKNORMAL_ROUTINE*, PVOID*, PVOID* argument1, PVOID*) {
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  g_apc_log += text("k", reinterpret_cast<std::uintptr_t>(*argument1));
}
VOID NTAPI normal_routine(PVOID context, PVOID, PVOID) {
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  g_apc_log += text("n", reinterpret_cast<std::uintptr_t>(context));
}

TEST_F(KeThread, NormalKernelApcsWaitForTheEndOfCriticalRegions) {
  expect_no_bugcheck([&] {
    KAPC apc;
    KeInitializeApc(&apc, KeGetCurrentThread(), OriginalApcEnvironment, kernel_routine, nullptr, normal_routine,
                    KernelMode, reinterpret_cast<PVOID>(7));
    KeEnterCriticalRegion();
    EXPECT_TRUE(KeInsertQueueApc(&apc, reinterpret_cast<PVOID>(1), nullptr, 0));
    EXPECT_FALSE(KeInsertQueueApc(&apc, nullptr, nullptr, 0));  // queued already
    EXPECT_EQ(g_apc_log, "");
    KeLeaveCriticalRegion();
    EXPECT_EQ(g_apc_log, "k1n7");
    EXPECT_FALSE(KeRemoveQueueApc(&apc));
  });
}

TEST_F(KeThread, SpecialKernelApcObjectsRunTheirKernelRoutineOnly) {
  expect_no_bugcheck([&] {
    KAPC apc;
    KeInitializeApc(&apc, KeGetCurrentThread(), OriginalApcEnvironment, kernel_routine, nullptr, nullptr, KernelMode,
                    nullptr);
    KeInsertQueueApc(&apc, reinterpret_cast<PVOID>(5), nullptr, 0);
    EXPECT_EQ(g_apc_log, "k5");
  });
}

TEST_F(KeThread, R_WAIT_2_UserApcEndsAnAlertableUserModeWait) {
  static KEVENT never;
  expect_no_bugcheck([&] {
    static KAPC apc;
    NTSTATUS status = -1;
    PKTHREAD waiter = nullptr;
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    spawn("waiter", [&] {
      waiter = KeGetCurrentThread();
      status = KeWaitForSingleObject(&never, UserRequest, UserMode, TRUE, nullptr);
    });
    sleep_us(50);
    KeInitializeApc(&apc, waiter, OriginalApcEnvironment, kernel_routine, nullptr, normal_routine, UserMode,
                    reinterpret_cast<PVOID>(9));
    KeInsertQueueApc(&apc, reinterpret_cast<PVOID>(2), nullptr, 0);
    sleep_us(50);
    EXPECT_EQ(status, STATUS_USER_APC);
    EXPECT_EQ(g_apc_log, "k2n9");
  });
}

}  // namespace
}  // namespace p2p::test
