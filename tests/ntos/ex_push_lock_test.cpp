// Push locks, and rows 0xEA, 0xEB of bug check 0xC4.
#include "tests/ntos/kernel_fixture.h"

namespace p2p::test {
namespace {

class ExPushLock : public KernelTest {
 protected:
  ExPushLock() { ExInitializePushLock(&lock); }
  /// Another thread that holds the lock for `us` from now on.
  void hold(bool exclusive, std::int64_t us) {
    spawn("holder", [this, exclusive, us] {
      KeEnterCriticalRegion();
      exclusive ? ExAcquirePushLockExclusive(&lock) : ExAcquirePushLockShared(&lock);
      order += exclusive ? 'E' : 'S';
      sleep_us(us);
      order += exclusive ? 'e' : 's';
      exclusive ? ExReleasePushLockExclusive(&lock) : ExReleasePushLockShared(&lock);
      KeLeaveCriticalRegion();
    });
    sleep_us(5000);
  }
  EX_PUSH_LOCK lock = 0;
  std::string order;
};

TEST_F(ExPushLock, SharedTogetherExclusiveAlone) {
  expect_no_bugcheck([&] {
    hold(false, 50'000);
    hold(false, 100'000);
    hold(true, 20'000);   // waits for both
    hold(false, 10'000);  // waits behind it
    sleep_us(500'000);
    EXPECT_EQ(order, "SSssEeSs");
    EXPECT_EQ(lock, 0u);
  });
}

TEST_F(ExPushLock, TryDoesNotWait) {
  expect_no_bugcheck([&] {
    KeEnterCriticalRegion();
    hold(false, 100'000);
    EXPECT_FALSE(ExTryAcquirePushLockExclusive(&lock));
    EXPECT_TRUE(ExTryAcquirePushLockShared(&lock));
    ExReleasePushLockShared(&lock);
    sleep_us(200'000);
    EXPECT_TRUE(ExTryAcquirePushLockExclusive(&lock));
    EXPECT_FALSE(ExTryAcquirePushLockShared(&lock));
    ExReleasePushLockExclusive(&lock);
    KeLeaveCriticalRegion();
  });
}

TEST_F(ExPushLock, V_C4_EA_AcquiredWithApcsEnabled) {
  expect_bugcheck(0xC4, 0xEA, [&] { ExAcquirePushLockShared(&lock); });
}

TEST_F(ExPushLock, V_C4_EB_ReleasedWithApcsEnabled) {
  expect_bugcheck(0xC4, 0xEB, [&] {
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&lock);
    KeLeaveCriticalRegion();
    ExReleasePushLockExclusive(&lock);
  });
}

TEST_F(ExPushLock, V_C4_1000_AcquiredAgainByItsOwner) {
  expect_bugcheck(0xC4, 0x1000, [&] {
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&lock);
    ExAcquirePushLockShared(&lock);
  });
}

TEST_F(ExPushLock, V_C4_1007_ReleasedThatIsNotHeld) {
  expect_bugcheck(0xC4, 0x1007, [&] {
    KeEnterCriticalRegion();
    ExReleasePushLockShared(&lock);
  });
}

TEST_F(ExPushLock, V_C4_1009_ReleasedTheOtherWay) {
  expect_bugcheck(0xC4, 0x1009, [&] {
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&lock);
    ExReleasePushLockExclusive(&lock);
  });
}

}  // namespace
}  // namespace p2p::test
