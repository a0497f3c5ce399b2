// Mutexes: rules R-MTX-1, R-MTX-2.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/verifier/imports.h"

#include <algorithm>

namespace p2p::test {
namespace {

class KeMutex : public KernelTest {
 protected:
  KMUTEX mutex;
  FAST_MUTEX fast;
};

TEST_F(KeMutex, R_MTX_1_RecursiveAndHoldsApcsOff) {
  expect_no_bugcheck([&] {
    KeInitializeMutex(&mutex, 0);
    EXPECT_EQ(wait_for(&mutex), STATUS_SUCCESS);
    EXPECT_EQ(wait_for(&mutex), STATUS_SUCCESS);
    EXPECT_TRUE(KeAreApcsDisabled());
    EXPECT_NE(KeReleaseMutex(&mutex, FALSE), 0);
    EXPECT_TRUE(KeAreApcsDisabled());
    EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);  // becomes free
    EXPECT_FALSE(KeAreApcsDisabled());
    EXPECT_EQ(KeReadStateMutex(&mutex), 1);
  });
}

TEST_F(KeMutex, R_MTX_1_ExcludesOtherThreads) {
  expect_no_bugcheck([&] {
    KeInitializeMutex(&mutex, 0);
    wait_for(&mutex);
    bool got = false;
    spawn("other", [&] {
      wait_for(&mutex);
      got = true;
      KeReleaseMutex(&mutex, FALSE);
    });
    sleep_us(50);
    EXPECT_FALSE(got);
    KeReleaseMutex(&mutex, FALSE);
    sleep_us(50);
    EXPECT_TRUE(got);
  });
}

TEST_F(KeMutex, R_MTX_1_ReleaseByAnotherThreadRaises) {
  expect_bugcheck(0x1E, 0xC0000046, [&] {
    KeInitializeMutex(&mutex, 0);
    wait_for(&mutex);
    spawn("other", [&] { KeReleaseMutex(&mutex, FALSE); });
    sleep_us(50);
  });
}

TEST_F(KeMutex, R_MTX_1_ThreadThatEndsOwningAMutexIsBugCheck) {
  expect_bugcheck(0xC4, 0x100A, [&] {
    KeInitializeMutex(&mutex, 0);
    spawn("owner", [&] { wait_for(&mutex); });
    sleep_us(50);
  });
}

TEST_F(KeMutex, R_MTX_2_FastMutexRaisesToApcLevelAndRemembers) {
  expect_no_bugcheck([&] {
    ExInitializeFastMutex(&fast);
    ExAcquireFastMutex(&fast);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    bool got = true;
    spawn("other", [&] { got = ExTryToAcquireFastMutex(&fast); });
    sleep_us(50);
    EXPECT_FALSE(got);
    ExReleaseFastMutex(&fast);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_TRUE(ExTryToAcquireFastMutex(&fast));
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&fast);
  });
}

TEST_F(KeMutex, R_MTX_2_ManyThreadsTakeTurns) {
  expect_no_bugcheck([&] {
    ExInitializeFastMutex(&fast);
    int inside = 0, worst = 0, turns = 0;
    for (int i = 0; i < 4; ++i) {
      spawn("contender", [&] {
        for (int n = 0; n < 5; ++n) {
          ExAcquireFastMutex(&fast);
          worst = std::max(worst, ++inside);
          sleep_us(7);
          --inside;
          ++turns;
          ExReleaseFastMutex(&fast);
        }
      });
    }
    sleep_us(2'000);
    EXPECT_EQ(worst, 1);
    EXPECT_EQ(turns, 20);
  });
}

TEST_F(KeMutex, R_MTX_2_FastMutexIsNotRecursive) {
  expect_bugcheck(0xC4, 0x1000, [&] {
    ExInitializeFastMutex(&fast);
    ExAcquireFastMutex(&fast);
    ExAcquireFastMutex(&fast);
  });
}

TEST_F(KeMutex, R_MTX_2_AcquireAboveApcLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x33, [&] {
    ExInitializeFastMutex(&fast);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(ExAcquireFastMutex)(&fast);
  });
}

TEST_F(KeMutex, R_MTX_2_ReleaseNotAtApcLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x34, [&] {
    ExInitializeFastMutex(&fast);
    ExAcquireFastMutex(&fast);
    KeLowerIrql(PASSIVE_LEVEL);
    ExReleaseFastMutex(&fast);
  });
}

TEST_F(KeMutex, R_MTX_2_ReleaseByAnotherThreadIsBugCheck) {
  expect_bugcheck(0xC4, 0x1004, [&] {
    ExInitializeFastMutex(&fast);
    ExAcquireFastMutex(&fast);
    spawn("other", [&] {
      KIRQL old;
      KeRaiseIrql(APC_LEVEL, &old);
      ExReleaseFastMutex(&fast);
    });
    sleep_us(50);
  });
}

TEST_F(KeMutex, R_MTX_2_UnsafeFormNeedsApcsOff) {
  expect_bugcheck(0xC4, 0x39, [&] {
    ExInitializeFastMutex(&fast);
    ExAcquireFastMutexUnsafe(&fast);
  });
}

TEST_F(KeMutex, GuardedMutexKeepsAllApcsOff) {
  expect_no_bugcheck([&] {
    KGUARDED_MUTEX guarded;
    KeInitializeGuardedMutex(&guarded);
    KeAcquireGuardedMutex(&guarded);
    EXPECT_TRUE(KeAreAllApcsDisabled());
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    bool got = true;
    spawn("other", [&] { got = KeTryToAcquireGuardedMutex(&guarded); });
    sleep_us(30);
    EXPECT_FALSE(got);
    KeReleaseGuardedMutex(&guarded);
    EXPECT_FALSE(KeAreAllApcsDisabled());
  });
}

TEST_F(KeMutex, V_C4_1005_MutexIsInitialisedWhileOwned) {
  expect_bugcheck(0xC4, 0x1005, [&] {
    KMUTEX owned;
    KeInitializeMutex(&owned, 0);
    KeWaitForSingleObject(&owned, Executive, KernelMode, FALSE, nullptr);
    KeInitializeMutex(&owned, 0);
  });
}

}  // namespace
}  // namespace p2p::test
