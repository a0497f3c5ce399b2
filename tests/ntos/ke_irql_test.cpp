// IRQL, critical and guarded regions: rules R-IRQL-1 to R-IRQL-5.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class KeIrql : public KernelTest {};

TEST_F(KeIrql, R_IRQL_1_RaisingMasksDpcsUntilLowered) {
  expect_no_bugcheck([&] {
    Dpc dpc({});
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(old, PASSIVE_LEVEL);
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    KeStallExecutionProcessor(10);
    EXPECT_EQ(dpc.calls, 0);
    KeLowerIrql(old);
    EXPECT_EQ(dpc.calls, 1);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(KeIrql, R_IRQL_1_ApcLevelLetsDpcsRun) {
  expect_no_bugcheck([&] {
    Dpc dpc([](Dpc&) { EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL); });
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_EQ(dpc.calls, 1);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
  });
}

TEST_F(KeIrql, R_IRQL_3_RaiseToLowerLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x30, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeRaiseIrql(APC_LEVEL, &old);
  });
}

TEST_F(KeIrql, R_IRQL_3_LowerToHigherLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x31, [] { KeLowerIrql(DISPATCH_LEVEL); });
}

TEST_F(KeIrql, R_IRQL_3_IsFatalWithoutTheVerifierToo) {
  config.verifier = false;
  expect_bugcheck(0x0A, [] { KeLowerIrql(DISPATCH_LEVEL); });
}

TEST_F(KeIrql, R_IRQL_3_LoweringInsideADpcIsBugCheck) {
  const ntos::BugCheck* bugcheck = run([] {
    Dpc dpc([](Dpc&) { KeLowerIrql(PASSIVE_LEVEL); });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xC4u);
  EXPECT_EQ(bugcheck->parameters[0], 0x31u);
  EXPECT_EQ(bugcheck->parameters[3], 1u);
}

TEST_F(KeIrql, R_IRQL_4_PagedPoolAtDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x01, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT');
  });
}

TEST_F(KeIrql, R_IRQL_4_PoolAboveDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x02, [] {
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'tseT');
  });
}

TEST_F(KeIrql, R_IRQL_4_SpinLockAboveDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x42, [] {
    static KSPIN_LOCK lock = 0;
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    KeAcquireSpinLock(&lock, &old);
  });
}

TEST_F(KeIrql, R_IRQL_4_WaitAboveDispatchIsBugCheck) {
  expect_bugcheck(0xC4, 0x120, [] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old);
    wait_for(&event);
  });
}

TEST_F(KeIrql, UnmatchedLeaveCriticalRegionIsBugCheck) {
  expect_bugcheck(0xC4, 0x3E, [] { KeLeaveCriticalRegion(); });
}

TEST_F(KeIrql, CriticalRegionAboveApcLevelIsBugCheck) {
  expect_bugcheck(0xC4, 0x11A, [] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(KeEnterCriticalRegion)();
  });
}

TEST_F(KeIrql, RegionsNestAndTellWhetherApcsAreDisabled) {
  expect_no_bugcheck([] {
    EXPECT_FALSE(KeAreApcsDisabled());
    KeEnterCriticalRegion();
    KeEnterGuardedRegion();
    EXPECT_TRUE(KeAreAllApcsDisabled());
    KeLeaveGuardedRegion();
    EXPECT_TRUE(KeAreApcsDisabled());
    EXPECT_FALSE(KeAreAllApcsDisabled());
    KeLeaveCriticalRegion();
    EXPECT_FALSE(KeAreApcsDisabled());
  });
}

TEST_F(KeIrql, BugCheckStopsTheMachineAtItsCycle) {
  const ntos::BugCheck* bugcheck = run([&] {
    spawn("other", [] {
      for (;;) KeStallExecutionProcessor(1);
    });
    sleep_us(100);
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xE2u);
  EXPECT_EQ(bugcheck->parameters[3], 4u);
  EXPECT_GE(bugcheck->bus_cycle, 10'000u);
  EXPECT_EQ(bugcheck->bus_cycle, hardware.bus_cycle());
}

}  // namespace
}  // namespace p2p::test
