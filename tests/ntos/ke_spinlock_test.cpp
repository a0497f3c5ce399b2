// Spin locks: rules R-SPIN-1 to R-SPIN-5.
#include "tests/ntos/kernel_fixture.h"

#include <algorithm>

namespace p2p::test {
namespace {

class KeSpinLock : public KernelTest {
 protected:
  KSPIN_LOCK lock = 0;
};

TEST_F(KeSpinLock, R_SPIN_1_AcquireRaisesReleaseRestores) {
  expect_no_bugcheck([&] {
    KIRQL old, inner;
    KeRaiseIrql(APC_LEVEL, &old);
    KeAcquireSpinLock(&lock, &inner);
    EXPECT_EQ(inner, APC_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    EXPECT_FALSE(KeTestSpinLock(&lock));
    KeReleaseSpinLock(&lock, inner);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    EXPECT_TRUE(KeTestSpinLock(&lock));
    KeLowerIrql(old);
  });
}

TEST_F(KeSpinLock, R_SPIN_1_TwoProcessorsExcludeEachOther) {
  int inside = 0, worst = 0, passes = 0;
  expect_no_bugcheck([&] {
    KEVENT done;
    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    auto work = [&] {
      for (int i = 0; i < 20; ++i) {
        KIRQL old;
        KeAcquireSpinLock(&lock, &old);
        worst = std::max(worst, ++inside);
        KeStallExecutionProcessor(3);
        --inside;
        ++passes;
        KeReleaseSpinLock(&lock, old);
      }
    };
    spawn("other", [&] {
      work();
      KeSetEvent(&done, IO_NO_INCREMENT, FALSE);
    });
    work();
    wait_for(&done);
  });
  EXPECT_EQ(worst, 1);
  EXPECT_EQ(passes, 40);
}

TEST_F(KeSpinLock, R_SPIN_1_ReleaseNotAtDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x32, [&] { KeReleaseSpinLock(&lock, PASSIVE_LEVEL); });
}

TEST_F(KeSpinLock, R_SPIN_1_ReleaseToAnotherIrqlIsBugCheck) {
  expect_bugcheck(0xC4, 0x20015, [&] {
    KIRQL old;
    KeAcquireSpinLock(&lock, &old);
    KeReleaseSpinLock(&lock, APC_LEVEL);
  });
}

TEST_F(KeSpinLock, R_SPIN_1_ReleaseWithoutAcquireIsBugCheck) {
  expect_bugcheck(0xC4, 0x1007, [&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeReleaseSpinLock(&lock, old);
  });
}

TEST_F(KeSpinLock, R_SPIN_2_RecursionIsBugCheck0F) {
  expect_bugcheck(0x0F, [&] {
    KIRQL old, again;
    KeAcquireSpinLock(&lock, &old);
    KeAcquireSpinLock(&lock, &again);
  });
}

TEST_F(KeSpinLock, R_SPIN_2_RecursionIsFatalWithoutTheVerifierToo) {
  config.verifier = false;
  expect_bugcheck(0x0F, [&] {
    KIRQL old, again;
    KeAcquireSpinLock(&lock, &old);
    KeAcquireSpinLock(&lock, &again);
  });
}

TEST_F(KeSpinLock, R_SPIN_2_OppositeOrderOnTwoProcessorsIsADeadlock) {
  config.schedule = ntos::Schedule::kFifo;  // each must have its first lock before the other's second
  KSPIN_LOCK second = 0;
  expect_bugcheck(0xC4, 0x1001, [&] {
    spawn("other", [&] {
      KIRQL old, inner;
      KeAcquireSpinLock(&second, &old);
      KeStallExecutionProcessor(10);
      KeAcquireSpinLock(&lock, &inner);
    });
    KIRQL old, inner;
    KeAcquireSpinLock(&lock, &old);
    KeStallExecutionProcessor(10);
    KeAcquireSpinLock(&second, &inner);
  });
}

TEST_F(KeSpinLock, R_SPIN_3_AtDpcLevelBelowDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x40, [&] { KeAcquireSpinLockAtDpcLevel(&lock); });
}

TEST_F(KeSpinLock, R_SPIN_3_ReleaseFromDpcLevelBelowDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x41, [&] { KeReleaseSpinLockFromDpcLevel(&lock); });
}

TEST_F(KeSpinLock, R_SPIN_3_MixedVariantsAreABugCheck) {
  expect_bugcheck(0xC4, 0x1009, [&] {
    KIRQL old;
    KeAcquireSpinLock(&lock, &old);
    KeReleaseSpinLockFromDpcLevel(&lock);
  });
}

TEST_F(KeSpinLock, R_SPIN_3_PairAtDpcLevelInsideADpc) {
  expect_no_bugcheck([&] {
    Dpc dpc([&](Dpc&) {
      KeAcquireSpinLockAtDpcLevel(&lock);
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
      KeReleaseSpinLockFromDpcLevel(&lock);
      EXPECT_TRUE(KeTryToAcquireSpinLockAtDpcLevel(&lock));
      EXPECT_FALSE(KeTestSpinLock(&lock));
      KeReleaseSpinLockFromDpcLevel(&lock);
    });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_EQ(dpc.calls, 1);
  });
}

TEST_F(KeSpinLock, R_SPIN_4_DpcThatKeepsALockIsBugCheck) {
  expect_bugcheck(0xC4, 0x40009, [&] {
    Dpc dpc([&](Dpc&) { KeAcquireSpinLockAtDpcLevel(&lock); });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  });
}

TEST_F(KeSpinLock, R_SPIN_4_LoweringWithALockHeldIsBugCheck) {
  expect_bugcheck(0xC4, 0x40009, [&] {
    KIRQL old;
    KeAcquireSpinLock(&lock, &old);
    KeLowerIrql(old);
  });
}

TEST_F(KeSpinLock, R_SPIN_5_InStackQueuedLockPairs) {
  expect_no_bugcheck([&] {
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLock(&handle);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(KeSpinLock, R_SPIN_5_OrdinaryUseOfAQueuedLockIsBugCheck) {
  expect_bugcheck(0xC4, 0x1008, [&] {
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeReleaseInStackQueuedSpinLock(&handle);
    KIRQL old;
    KeAcquireSpinLock(&lock, &old);
  });
}

TEST_F(KeSpinLock, R_SPIN_5_InitialisingForgetsTheFormerUse) {
  expect_no_bugcheck([&] {
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    KeReleaseInStackQueuedSpinLock(&handle);
    KeInitializeSpinLock(&lock);
    KIRQL old;
    KeAcquireSpinLock(&lock, &old);
    KeReleaseSpinLock(&lock, old);
  });
}

TEST_F(KeSpinLock, V_C4_4000A_DpcLevelLockIsReleasedToASavedIrql) {
  expect_bugcheck(0xC4, 0x4000A, [&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLock(&lock, old);
  });
}

TEST_F(KeSpinLock, V_C4_40006_QueuedLockIsKeptByADpc) {
  expect_bugcheck(0xC4, 0x40006, [&] {
    static KLOCK_QUEUE_HANDLE handle;
    Dpc dpc([&](Dpc&) { KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &handle); });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  });
}

TEST_F(KeSpinLock, V_C4_1003_OuterLockIsReleasedFirst) {
  KSPIN_LOCK inner = 0;
  expect_bugcheck(0xC4, 0x1003, [&] {
    KIRQL old, old_inner;
    KeAcquireSpinLock(&lock, &old);
    KeAcquireSpinLock(&inner, &old_inner);
    KeReleaseSpinLock(&lock, old);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[2], reinterpret_cast<std::uintptr_t>(&inner));
}

TEST_F(KeSpinLock, LocksAtDpcLevelAreReleasedInAnyOrder) {
  KSPIN_LOCK inner = 0;
  expect_no_bugcheck([&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeAcquireSpinLockAtDpcLevel(&inner);
    KeReleaseSpinLockFromDpcLevel(&lock);
    KeReleaseSpinLockFromDpcLevel(&inner);
    KeLowerIrql(old);
  });
}

}  // namespace
}  // namespace p2p::test
