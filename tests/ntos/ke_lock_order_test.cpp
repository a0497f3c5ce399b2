// V-C4-1001 before it happens: contradicting lock orders are found although nothing deadlocks.
#include "tests/ntos/kernel_fixture.h"

namespace p2p::test {
namespace {

class KeLockOrder : public KernelTest {
 protected:
  KeLockOrder() {
    for (KSPIN_LOCK& lock : locks) KeInitializeSpinLock(&lock);
  }
  /// Takes `outer`, inside it `inner`, and releases both.
  void nest(unsigned outer, unsigned inner) {
    KIRQL irql;
    KeAcquireSpinLock(&locks[outer], &irql);
    KeAcquireSpinLockAtDpcLevel(&locks[inner]);
    KeReleaseSpinLockFromDpcLevel(&locks[inner]);
    KeReleaseSpinLock(&locks[outer], irql);
  }
  KSPIN_LOCK locks[3];
};

TEST_F(KeLockOrder, V_C4_1001_TheOtherWayRound) {
  expect_bugcheck(0xC4, 0x1001, [&] {
    nest(0, 1);
    nest(1, 0);
  });
  EXPECT_FALSE(kernel->bugcheck()->stack.empty());
  EXPECT_FALSE(kernel->bugcheck()->contrary_stack.empty()) << "where it was the other way round";
}

TEST_F(KeLockOrder, V_C4_1001_ThroughAThirdLock) {
  expect_bugcheck(0xC4, 0x1001, [&] {
    nest(0, 1);
    nest(1, 2);
    nest(2, 0);
  });
}

TEST_F(KeLockOrder, V_C4_1001_OnDifferentProcessorsAtDifferentTimes) {
  expect_bugcheck(0xC4, 0x1001, [&] {
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    spawn("other", [&] {
      nest(0, 1);
      KeSetEvent(&done, 0, FALSE);
    });
    wait_for(&done);
    nest(1, 0);
  });
}

TEST_F(KeLockOrder, V_C4_1001_OneOrderIsFine) {
  expect_no_bugcheck([&] {
    for (int i = 0; i < 3; ++i) {
      nest(0, 1);
      nest(0, 2);
      nest(1, 2);
    }
  });
}

TEST_F(KeLockOrder, V_C4_1001_ALockThatIsInitialisedAgainIsAnotherLock) {
  expect_no_bugcheck([&] {
    nest(0, 1);
    KeInitializeSpinLock(&locks[1]);
    nest(1, 0);
  });
}

TEST_F(KeLockOrder, V_C4_1001_ATryCannotDeadlock) {
  expect_no_bugcheck([&] {
    nest(0, 1);
    KIRQL irql;
    KeAcquireSpinLock(&locks[1], &irql);
    EXPECT_TRUE(KeTryToAcquireSpinLockAtDpcLevel(&locks[0]));
    KeReleaseSpinLockFromDpcLevel(&locks[0]);
    KeReleaseSpinLock(&locks[1], irql);
  });
}

TEST_F(KeLockOrder, V_C4_1001_IsAVerifierRule) {
  config.verifier = false;
  expect_no_bugcheck([&] {
    nest(0, 1);
    nest(1, 0);
  });
}

}  // namespace
}  // namespace p2p::test
