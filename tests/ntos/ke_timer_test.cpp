// Timers and what reads the time: rules R-TMR-1 to R-TMR-5.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class KeTimer : public KernelTest {
 protected:
  KTIMER timer;
};

TEST_F(KeTimer, R_TMR_1_RelativeTimeExpiresExactly) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    KeInitializeTimer(&timer);
    LARGE_INTEGER before, after;
    KeQuerySystemTime(&before);
    EXPECT_FALSE(KeSetTimer(&timer, relative_us(250), nullptr));
    EXPECT_FALSE(KeReadStateTimer(&timer));
    wait_for(&timer);
    KeQuerySystemTime(&after);
    EXPECT_GE(after.QuadPart - before.QuadPart, 2500);
    EXPECT_LE(after.QuadPart - before.QuadPart, 2500 + 20);  // the context switch
  });
}

TEST_F(KeTimer, R_TMR_1_AbsoluteTimeExpiresThen) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    KeInitializeTimer(&timer);
    LARGE_INTEGER due;
    due.QuadPart = 40'000;
    KeSetTimer(&timer, due, nullptr);
    wait_for(&timer);
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    EXPECT_GE(now.QuadPart, 40'000);
    EXPECT_LE(now.QuadPart, 40'020);
    due.QuadPart = 1;  // past
    KeSetTimer(&timer, due, nullptr);
    EXPECT_EQ(wait_for_us(&timer, 10), STATUS_SUCCESS);
  });
}

TEST_F(KeTimer, R_TMR_1_SettingAgainCancelsTheFormer) {
  expect_no_bugcheck([&] {
    Dpc dpc({});
    KeInitializeTimer(&timer);
    EXPECT_FALSE(KeSetTimer(&timer, relative_us(100), &dpc.dpc));
    EXPECT_TRUE(KeSetTimer(&timer, relative_us(500), &dpc.dpc));
    sleep_us(300);
    EXPECT_EQ(dpc.calls, 0);
    sleep_us(300);
    EXPECT_EQ(dpc.calls, 1);
    EXPECT_FALSE(KeSetTimer(&timer, relative_us(100), &dpc.dpc));
    EXPECT_FALSE(KeReadStateTimer(&timer));
    KeCancelTimer(&timer);
  });
}

TEST_F(KeTimer, R_TMR_1_PeriodIsInMilliseconds) {
  expect_no_bugcheck([&] {
    Dpc dpc({});
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeSetTimerEx(&timer, relative_us(500), 2, &dpc.dpc);
    sleep_us(7'000);  // at 0.5, 2.5, 4.5, 6.5 ms
    EXPECT_EQ(dpc.calls, 4);
    EXPECT_TRUE(KeCancelTimer(&timer));
    sleep_us(5'000);
    EXPECT_EQ(dpc.calls, 4);
  });
}

TEST_F(KeTimer, R_TMR_2_SignalledThenDpcWithoutDriverArguments) {
  expect_no_bugcheck([&] {
    Dpc dpc([&](Dpc&) { EXPECT_TRUE(KeReadStateTimer(&timer)); });
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, relative_us(10), &dpc.dpc);
    sleep_us(20);
    EXPECT_EQ(dpc.calls, 1);
  });
}

TEST_F(KeTimer, R_TMR_3_CancelTellsWhetherItWasInTheQueue) {
  expect_no_bugcheck([&] {
    KeInitializeTimer(&timer);
    EXPECT_FALSE(KeCancelTimer(&timer));
    KeSetTimer(&timer, relative_us(100), nullptr);
    EXPECT_TRUE(KeCancelTimer(&timer));
    KeSetTimer(&timer, relative_us(100), nullptr);
    sleep_us(200);
    EXPECT_FALSE(KeCancelTimer(&timer));
    EXPECT_TRUE(KeReadStateTimer(&timer));
  });
}

TEST_F(KeTimer, R_TMR_3_PeriodicIsAlwaysInTheQueue) {
  expect_no_bugcheck([&] {
    KeInitializeTimerEx(&timer, NotificationTimer);
    KeSetTimerEx(&timer, relative_us(100), 1, nullptr);
    sleep_us(3'500);
    EXPECT_TRUE(KeCancelTimer(&timer));
  });
}

TEST_F(KeTimer, R_TMR_3_CancelTakesTheQueuedDpcBack) {
  expect_no_bugcheck([&] {
    Dpc dpc({});
    KeInitializeTimer(&timer);
    KIRQL old;
    KeSetTimer(&timer, relative_us(10), &dpc.dpc);
    KeSetSystemAffinityThread(1);  // where timer DPCs are queued
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeStallExecutionProcessor(20);
    EXPECT_FALSE(KeCancelTimer(&timer));
    KeLowerIrql(old);
    EXPECT_EQ(dpc.calls, 0);
  });
}

TEST_F(KeTimer, R_TMR_4_NotificationReleasesAllSynchronizationOne) {
  expect_no_bugcheck([&] {
    int woken = 0;
    auto waiters = [&] {
      for (int i = 0; i < 3; ++i) {
        spawn("waiter", [&] {
          wait_for(&timer);
          ++woken;
        });
      }
      sleep_us(50);
      KeSetTimer(&timer, relative_us(50), nullptr);
      sleep_us(200);
    };
    KeInitializeTimerEx(&timer, NotificationTimer);
    waiters();
    EXPECT_EQ(woken, 3);
    EXPECT_TRUE(KeReadStateTimer(&timer));
    woken = 0;
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    waiters();
    EXPECT_EQ(woken, 1);
    EXPECT_FALSE(KeReadStateTimer(&timer));
    KeSetTimerEx(&timer, relative_us(10), 1, nullptr);  // let the others go
    sleep_us(2'500);
    EXPECT_EQ(woken, 3);
    KeCancelTimer(&timer);
  });
}

TEST_F(KeTimer, R_TMR_4_FreeingMemoryWithAnActiveTimerIsBugCheck) {
  expect_bugcheck(0xC4, 0x15, [] {
    auto* allocated = static_cast<PKTIMER>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KTIMER), 'remT'));
    KeInitializeTimer(allocated);
    KeSetTimer(allocated, relative_us(1000), nullptr);
    ExFreePool(allocated);
  });
}

TEST_F(KeTimer, R_TMR_4_WithoutTheVerifierItIsC7) {
  config.verifier = false;
  expect_bugcheck(0xC7, 0, [] {
    auto* allocated = static_cast<PKTIMER>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KTIMER), 'remT'));
    KeInitializeTimer(allocated);
    KeSetTimer(allocated, relative_us(1000), nullptr);
    ExFreePool(allocated);
  });
}

TEST_F(KeTimer, R_TMR_5_TiesExpireInTheOrderTheyWereSet) {
  std::string order;
  expect_no_bugcheck([&] {
    KTIMER timers[3];
    Dpc dpcs[] = {Dpc([&](Dpc&) { order += 'a'; }), Dpc([&](Dpc&) { order += 'b'; }), Dpc([&](Dpc&) { order += 'c'; })};
    LARGE_INTEGER due;
    due.QuadPart = 10'000;
    for (int i : {2, 0, 1}) {
      dpcs[i].dpc.DeferredContext = &dpcs[i];
      KeInitializeTimer(&timers[i]);
      KeSetTimer(&timers[i], due, &dpcs[i].dpc);
    }
    sleep_us(2'000);
  });
  EXPECT_EQ(order, "cab");
}

TEST_F(KeTimer, R_TMR_1_SettingAboveDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x20011, [&] {
    KeInitializeTimer(&timer);
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    P2P_IMPORT(KeSetTimer)(&timer, relative_us(10), nullptr);
  });
}

TEST_F(KeTimer, R_TMR_3_TheDpcOfATimerThatHasExpiredMayBeGone) {
  expect_no_bugcheck([&] {
    auto* dpc = static_cast<PKDPC>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KDPC), 'tseT'));
    static int calls = 0;
    KeInitializeDpc(
        dpc, [](PKDPC, PVOID, PVOID, PVOID) NTAPI { ++calls; }, nullptr);
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, relative_us(10), dpc);
    sleep_us(100);
    EXPECT_EQ(calls, 1);
    ExFreePoolWithTag(dpc, 'tseT');
    EXPECT_FALSE(KeCancelTimer(&timer));
    EXPECT_FALSE(KeSetTimer(&timer, relative_us(10), nullptr));
    sleep_us(100);
  });
}

TEST_F(KeTimer, ClocksReadSimulatedTime) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    LARGE_INTEGER frequency;
    const LARGE_INTEGER start = KeQueryPerformanceCounter(&frequency);
    EXPECT_EQ(frequency.QuadPart, 10'000'000);
    KeStallExecutionProcessor(50);
    EXPECT_EQ(KeQueryPerformanceCounter(nullptr).QuadPart - start.QuadPart, 500);
    EXPECT_EQ(KeQueryInterruptTime(), hardware.now_ps() / 100'000);
    sleep_us(100'000);
    LARGE_INTEGER ticks;
    KeQueryTickCount(&ticks);
    EXPECT_EQ(ticks.QuadPart, static_cast<LONGLONG>(hardware.now_ps() / 100'000 / KeQueryTimeIncrement()));
  });
}

TEST_F(KeTimer, AnIdleMachineSchedulesNothing) {
  expect_no_bugcheck([&] {
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, relative_us(1'000'000), nullptr);
    KeCancelTimer(&timer);
  });
  // The run ended by itself: nothing was left to do, long before the cancelled second.
  EXPECT_LT(hardware.now_ps(), 1'000'000'000u);
}

}  // namespace
}  // namespace p2p::test
