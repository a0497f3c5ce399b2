// Events, semaphores and waits: rules R-EVT-1, R-EVT-2, R-WAIT-1 to R-WAIT-4, R-DLY-1.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class KeWait : public KernelTest {
 protected:
  KEVENT event, second;
};

TEST_F(KeWait, R_EVT_1_NotificationEventReleasesAllAndStays) {
  expect_no_bugcheck([&] {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    int woken = 0;
    for (int i = 0; i < 3; ++i) {
      spawn("waiter", [&] {
        EXPECT_EQ(wait_for(&event), STATUS_SUCCESS);
        ++woken;
      });
    }
    sleep_us(50);
    EXPECT_EQ(woken, 0);
    EXPECT_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    EXPECT_NE(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    sleep_us(50);
    EXPECT_EQ(woken, 3);
    EXPECT_NE(KeReadStateEvent(&event), 0);
    EXPECT_NE(KeResetEvent(&event), 0);
    EXPECT_EQ(KeResetEvent(&event), 0);
  });
}

TEST_F(KeWait, R_EVT_1_SynchronizationEventReleasesOneAndClears) {
  expect_no_bugcheck([&] {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    std::string order;
    for (char name : {'a', 'b'}) {
      spawn("waiter", [&, name] {
        wait_for(&event);
        order += name;
      });
      sleep_us(20);
    }
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    sleep_us(50);
    EXPECT_EQ(order, "a");
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    sleep_us(50);
    EXPECT_EQ(order, "ab");
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    EXPECT_NE(KeReadStateEvent(&event), 0);  // nobody waits: it stays until one does
    EXPECT_EQ(wait_for_us(&event, 0), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
  });
}

TEST_F(KeWait, R_EVT_2_SetAboveDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x80, [&] {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    P2P_IMPORT(KeSetEvent)(&event, IO_NO_INCREMENT, FALSE);
  });
}

TEST_F(KeWait, R_EVT_2_WaitTrueKeepsIrqlRaisedUntilTheWait) {
  expect_no_bugcheck([&] {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second, SynchronizationEvent, TRUE);
    KeSetEvent(&event, IO_NO_INCREMENT, TRUE);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    wait_for(&second);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(KeWait, R_EVT_2_WaitTrueAboveApcLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x20016, [&] {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeSetEvent(&event, IO_NO_INCREMENT, TRUE);
  });
}

TEST_F(KeWait, R_WAIT_1_NoTimeoutAtDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x121, [&] {
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    wait_for(&event);
  });
}

TEST_F(KeWait, R_WAIT_1_NonzeroTimeoutAtDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x122, [&] {
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    wait_for_us(&event, 5);
  });
}

TEST_F(KeWait, R_WAIT_1_PollAtDispatchAndWaitAtApcLevelAreAllowed) {
  expect_no_bugcheck([&] {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(wait_for_us(&event, 0), STATUS_TIMEOUT);
    KeLowerIrql(old);
    KeRaiseIrql(APC_LEVEL, &old);
    EXPECT_EQ(wait_for_us(&event, 30), STATUS_TIMEOUT);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
  });
}

TEST_F(KeWait, R_WAIT_1_WithoutTheVerifierItIsStillFatal) {
  config.verifier = false;
  expect_bugcheck(0x0A, [&] {
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    wait_for(&event);
  });
}

TEST_F(KeWait, R_WAIT_2_TimeoutsRelativeAbsoluteAndPoll) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    const std::uint64_t start = hardware.now_ps();
    EXPECT_EQ(wait_for_us(&event, 100), STATUS_TIMEOUT);
    EXPECT_GE(hardware.now_ps() - start, 100'000'000u);
    EXPECT_LT(hardware.now_ps() - start, 105'000'000u);
    LARGE_INTEGER until;
    until.QuadPart = 100'000;
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &until), STATUS_TIMEOUT);
    EXPECT_GE(hardware.now_ps(), 10'000'000'000u);
    const std::uint64_t before = hardware.now_ps();
    EXPECT_EQ(wait_for_us(&event, 0), STATUS_TIMEOUT);
    EXPECT_EQ(hardware.now_ps(), before);
    EXPECT_TRUE(NT_SUCCESS(STATUS_TIMEOUT));
  });
}

TEST_F(KeWait, R_WAIT_3_UserModeWaitOnAStackObjectIsBugCheck) {
  expect_bugcheck(0xC4, 0x123, [&] {
    KEVENT local;
    KeInitializeEvent(&local, NotificationEvent, TRUE);
    KeWaitForSingleObject(&local, UserRequest, UserMode, FALSE, nullptr);
  });
}

TEST_F(KeWait, R_WAIT_3_UserModeWaitForAMutexIsBugCheck) {
  static KMUTEX mutex;
  expect_bugcheck(0xC4, 0x123, [&] {
    KeInitializeMutex(&mutex, 0);
    KeWaitForSingleObject(&mutex, UserRequest, UserMode, FALSE, nullptr);
  });
}

TEST_F(KeWait, R_WAIT_4_AnyReturnsTheIndexAllWaitsForAll) {
  expect_no_bugcheck([&] {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second, SynchronizationEvent, TRUE);
    PVOID objects[] = {&event, &second};
    EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr),
              STATUS_WAIT_1);
    EXPECT_EQ(KeReadStateEvent(&second), 0);
    KeSetEvent(&second, IO_NO_INCREMENT, FALSE);
    LARGE_INTEGER timeout = relative_us(50);
    EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, &timeout, nullptr),
              STATUS_TIMEOUT);
    EXPECT_NE(KeReadStateEvent(&second), 0);  // an unsatisfied wait takes nothing
    spawn("setter", [&] {
      sleep_us(20);
      KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    });
    EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, nullptr, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    EXPECT_EQ(KeReadStateEvent(&second), 0);
  });
}

TEST_F(KeWait, R_WAIT_4_FourObjectsWithoutBlocksAreBugCheck0C) {
  expect_bugcheck(0x0C, [&] {
    KEVENT events_4[4];
    PVOID objects[4];
    for (int i = 0; i < 4; ++i) {
      KeInitializeEvent(&events_4[i], NotificationEvent, TRUE);
      objects[i] = &events_4[i];
    }
    KWAIT_BLOCK blocks[4];
    EXPECT_EQ(KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, nullptr, blocks),
              STATUS_SUCCESS);
    KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, nullptr, nullptr);
  });
}

TEST_F(KeWait, R_WAIT_4_SixtyFiveObjectsAreBugCheck0C) {
  expect_bugcheck(0x0C, [&] {
    static KEVENT many;
    KeInitializeEvent(&many, NotificationEvent, TRUE);
    PVOID objects[65];
    for (PVOID& object : objects) object = &many;
    static KWAIT_BLOCK blocks[65];
    KeWaitForMultipleObjects(65, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, blocks);
  });
}

TEST_F(KeWait, R_DLY_1_DelayTakesItsTime) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    const std::uint64_t before = hardware.now_ps();
    LARGE_INTEGER interval = relative_us(1'000);
    EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &interval), STATUS_SUCCESS);
    EXPECT_GE(hardware.now_ps() - before, 1'000'000'000u);
    EXPECT_LE(hardware.now_ps() - before, 1'000'000'000u + 2'000'000u);
  });
}

TEST_F(KeWait, R_DLY_1_DelayAtDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x2000F, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    LARGE_INTEGER interval = relative_us(1);
    P2P_IMPORT(KeDelayExecutionThread)(KernelMode, FALSE, &interval);
  });
}

TEST_F(KeWait, SemaphoreCountsAndRaisesBeyondItsLimit) {
  expect_bugcheck(0x1E, 0xC0000047, [&] {
    KSEMAPHORE semaphore;
    KeInitializeSemaphore(&semaphore, 1, 2);
    EXPECT_EQ(wait_for_us(&semaphore, 0), STATUS_SUCCESS);
    EXPECT_EQ(wait_for_us(&semaphore, 0), STATUS_TIMEOUT);
    EXPECT_EQ(KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 2, FALSE), 0);
    EXPECT_EQ(KeReadStateSemaphore(&semaphore), 2);
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE);
  });
}

TEST_F(KeWait, R_TMR_5_ASignalThatComesFirstIsNotOverriddenByTheTimeoutOfTheSameInstant) {
  expect_no_bugcheck([&] {
    KTIMER timer;
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    LARGE_INTEGER due;
    due.QuadPart = 50'000;
    KeSetTimer(&timer, due, nullptr);
    EXPECT_EQ(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, &due), STATUS_SUCCESS);
    EXPECT_FALSE(KeReadStateTimer(&timer));
  });
}

TEST_F(KeWait, ATimeoutAndASignalAtTheSameTimeDoNotLoseTheSignal) {
  expect_no_bugcheck([&] {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KTIMER timer;
    KeInitializeTimer(&timer);
    LARGE_INTEGER due;
    due.QuadPart = 50'000;
    Dpc dpc([&](Dpc&) { KeSetEvent(&event, IO_NO_INCREMENT, FALSE); });
    KeSetTimer(&timer, due, &dpc.dpc);
    const NTSTATUS status = KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &due);
    sleep_us(100);
    // Either the wait got it, or the event still has it.
    EXPECT_EQ(status == STATUS_TIMEOUT, KeReadStateEvent(&event) != 0);
  });
}

}  // namespace
}  // namespace p2p::test
