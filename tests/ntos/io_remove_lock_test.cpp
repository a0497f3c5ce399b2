// Remove locks, with what checked builds of Windows assert.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class IoRemoveLock : public KernelTest {
 protected:
  void initialize(ULONG minutes = 0, ULONG watermark = 0) { IoInitializeRemoveLock(&lock, 'tseT', minutes, watermark); }
  NTSTATUS acquire(int tag = 0) { return IoAcquireRemoveLock(&lock, &tags[tag]); }
  void release(int tag = 0) { IoReleaseRemoveLock(&lock, &tags[tag]); }
  IO_REMOVE_LOCK lock;
  int tags[4] = {};
};
constexpr std::uint64_t kAssertion = 0xC0000420;

TEST_F(IoRemoveLock, WaitsForEveryHolderAndLetsNobodyInAfterwards) {
  expect_no_bugcheck([&] {
    initialize();
    bool released = false;
    ASSERT_EQ(acquire(0), STATUS_SUCCESS);
    ASSERT_EQ(acquire(1), STATUS_SUCCESS);
    ASSERT_EQ(acquire(1), STATUS_SUCCESS);
    spawn("holder", [&] {
      sleep_us(100);
      release(1);
      EXPECT_EQ(acquire(2), STATUS_DELETE_PENDING);
      sleep_us(100);
      released = true;
      release(1);
    });
    IoReleaseRemoveLockAndWait(&lock, &tags[0]);
    EXPECT_TRUE(released);
    EXPECT_EQ(acquire(3), STATUS_DELETE_PENDING);
  });
}

TEST_F(IoRemoveLock, AloneItDoesNotWait) {
  expect_no_bugcheck([&] {
    initialize();
    acquire();
    const std::uint64_t before = hardware.now_ps();
    IoReleaseRemoveLockAndWait(&lock, &tags[0]);
    EXPECT_EQ(hardware.now_ps(), before);
  });
}

TEST_F(IoRemoveLock, AtDispatchLevelItIsAcquiredAndReleased) {
  expect_no_bugcheck([&] {
    initialize();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(acquire(), STATUS_SUCCESS);
    release();
    KeLowerIrql(old);
  });
}

TEST_F(IoRemoveLock, V_C4_2000E_WaitingAbovePassiveLevel) {
  expect_bugcheck(0xC4, 0x2000E, [&] {
    initialize();
    acquire();
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    P2P_IMPORT(IoReleaseRemoveLockAndWaitEx)(&lock, &tags[0], sizeof lock);
  });
}

TEST_F(IoRemoveLock, V_C4_D5_ReleasedWithATagNobodyHas) {
  expect_bugcheck(0xC4, 0xD5, [&] {
    initialize();
    acquire(0);
    release(1);
  });
}

TEST_F(IoRemoveLock, V_C4_D6_WaitedForWithATagNobodyHas) {
  expect_bugcheck(0xC4, 0xD6, [&] {
    initialize();
    acquire(0);
    IoReleaseRemoveLockAndWait(&lock, &tags[1]);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[2], reinterpret_cast<std::uintptr_t>(&tags[1]));
  EXPECT_EQ(kernel->bugcheck()->parameters[3], reinterpret_cast<std::uintptr_t>(&tags[0]));
}

TEST_F(IoRemoveLock, V_C4_D7_InitialisedAgain) {
  expect_bugcheck(0xC4, 0xD7, [&] {
    initialize();
    acquire(0);
    IoReleaseRemoveLockAndWait(&lock, &tags[0]);
    initialize();
  });
}

TEST_F(IoRemoveLock, InMemoryThatWasFreedItIsAnother) {
  config.verifier = false;  // special pool does not give out the same memory again
  expect_no_bugcheck([&] {
    const void* first = nullptr;
    for (int i = 0; i < 2; ++i) {
      auto* block = static_cast<PIO_REMOVE_LOCK>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(IO_REMOVE_LOCK), 'tseT'));
      if (i == 0) first = block;
      EXPECT_EQ(block, first);
      IoInitializeRemoveLock(block, 'tseT', 0, 0);
      ExFreePoolWithTag(block, 'tseT');
    }
  });
}

TEST_F(IoRemoveLock, V_C4_D5_ReleasedTwice) {
  expect_bugcheck(0xC4, 0xD5, [&] {
    initialize();
    acquire(0);
    release(0);
    release(0);
  });
}

TEST_F(IoRemoveLock, MoreHoldersThanTheHighWatermarkIsAnAssertion) {
  expect_bugcheck(0x1E, kAssertion, [&] {
    initialize(0, 2);
    acquire(0);
    acquire(1);
    release(0);
    EXPECT_EQ(acquire(2), STATUS_SUCCESS);  // two again
    acquire(3);
  });
}

TEST_F(IoRemoveLock, HeldLongerThanAllowedIsAnAssertion) {
  expect_bugcheck(0x1E, kAssertion, [&] {
    initialize(1);
    acquire(0);
    sleep_us(59'000'000);
    release(0);
    acquire(0);
    sleep_us(60'000'001);
    release(0);
  });
}

TEST_F(IoRemoveLock, UsedBeforeItIsInitialisedIsAnAssertion) {
  expect_bugcheck(0x1E, kAssertion, [&] { acquire(0); });
}

}  // namespace
}  // namespace p2p::test
