// Deferred procedure calls: rules R-DPC-1 to R-DPC-6.
#include "tests/ntos/kernel_fixture.h"

namespace p2p::test {
namespace {

class KeDpc : public KernelTest {};

PVOID number(std::uintptr_t value) { return reinterpret_cast<PVOID>(value); }

TEST_F(KeDpc, R_DPC_1_QueuedOnceArgumentsOfTheFirst) {
  expect_no_bugcheck([&] {
    Dpc dpc({});
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_TRUE(KeInsertQueueDpc(&dpc.dpc, number(1), number(2)));
    EXPECT_FALSE(KeInsertQueueDpc(&dpc.dpc, number(3), number(4)));
    KeLowerIrql(old);
    EXPECT_EQ(dpc.calls, 1);
    EXPECT_EQ(dpc.argument1, number(1));
    EXPECT_EQ(dpc.argument2, number(2));
  });
  EXPECT_EQ(kernel->counters().dpcs, 1u);
}

TEST_F(KeDpc, V_C7_1_FreedWhileItIsBeingDispatched) {
  config.schedule = ntos::Schedule::kFifo;  // the block must be freed during the dispatch
  config.cost.dpc_dispatch = 10'000;
  expect_bugcheck(0xC7, 1, [&] {
    auto* dpc = static_cast<PKDPC>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KDPC), 'tseT'));
    KeInitializeDpc(
        dpc, [](PKDPC, PVOID, PVOID, PVOID) NTAPI {}, nullptr);
    KeSetTargetProcessorDpc(dpc, static_cast<CCHAR>(1 - KeGetCurrentProcessorNumber()));
    KeInsertQueueDpc(dpc, nullptr, nullptr);
    KeStallExecutionProcessor(5);  // half of what its dispatch takes
    ExFreePoolWithTag(dpc, 'tseT');
  });
}

TEST_F(KeDpc, R_DPC_2_FifoAndHighImportanceFirst) {
  std::string order;
  expect_no_bugcheck([&] {
    Dpc a([&](Dpc&) { order += 'a'; }), b([&](Dpc&) { order += 'b'; }), c([&](Dpc&) { order += 'c'; });
    KeSetImportanceDpc(&c.dpc, HighImportance);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&a.dpc, nullptr, nullptr);
    KeInsertQueueDpc(&b.dpc, nullptr, nullptr);
    KeInsertQueueDpc(&c.dpc, nullptr, nullptr);
    KeLowerIrql(old);
  });
  EXPECT_EQ(order, "cab");
}

TEST_F(KeDpc, R_DPC_2_RoutineMayQueueItsOwnObjectAgain) {
  expect_no_bugcheck([&] {
    Dpc dpc([](Dpc& self) {
      if (self.calls < 3) {
        EXPECT_TRUE(KeInsertQueueDpc(&self.dpc, nullptr, nullptr));
      }
    });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_EQ(dpc.calls, 3);
  });
}

TEST_F(KeDpc, R_DPC_2_TargetProcessorRunsIt) {
  expect_no_bugcheck([&] {
    ULONG ran_on = 99;
    Dpc dpc([&](Dpc&) { ran_on = KeGetCurrentProcessorNumber(); });
    const ULONG other = 1 - KeGetCurrentProcessorNumber();
    KeSetTargetProcessorDpc(&dpc.dpc, static_cast<CCHAR>(other));
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    KeStallExecutionProcessor(10);
    EXPECT_EQ(ran_on, other);
  });
}

TEST_F(KeDpc, R_DPC_2_TargetThatDoesNotExistIsBugCheck) {
  expect_bugcheck(0xC7, 3, [&] {
    Dpc dpc({});
    KeSetTargetProcessorDpc(&dpc.dpc, 7);
  });
}

TEST_F(KeDpc, R_DPC_3_RunsAtDispatchLevelAndTakesItsTime) {
  config.schedule = ntos::Schedule::kFifo;  // times to the picosecond
  expect_no_bugcheck([&] {
    Dpc dpc([](Dpc&) { EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL); });
    const std::uint64_t before = hardware.now_ps();
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_EQ(hardware.now_ps() - before, config.cost.dpc_dispatch * 1000u);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(KeDpc, R_DPC_4_RemoveTellsWhetherItWasQueued) {
  expect_no_bugcheck([&] {
    Dpc dpc({});
    EXPECT_FALSE(KeRemoveQueueDpc(&dpc.dpc));
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_TRUE(KeRemoveQueueDpc(&dpc.dpc));
    KeLowerIrql(old);
    EXPECT_EQ(dpc.calls, 0);
  });
}

TEST_F(KeDpc, R_DPC_4_FlushWaitsForDpcsOnEveryProcessor) {
  expect_no_bugcheck([&] {
    bool ended = false;
    Dpc dpc([&](Dpc&) {
      KeStallExecutionProcessor(50);
      ended = true;
    });
    KeSetTargetProcessorDpc(&dpc.dpc, static_cast<CCHAR>(1 - KeGetCurrentProcessorNumber()));
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_FALSE(ended);
    KeFlushQueuedDpcs();
    EXPECT_TRUE(ended);
  });
}

TEST_F(KeDpc, R_DPC_4_FlushEndsThoughADpcQueuesItselfForEver) {
  config.schedule = ntos::Schedule::kFifo;  // the DPC must not get the test's own processor
  expect_no_bugcheck([&] {
    bool stop = false;
    Dpc dpc([&](Dpc& self) {
      KeStallExecutionProcessor(5);
      if (!stop) KeInsertQueueDpc(&self.dpc, nullptr, nullptr);
    });
    KeSetTargetProcessorDpc(&dpc.dpc, static_cast<CCHAR>(1 - KeGetCurrentProcessorNumber()));
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    KeFlushQueuedDpcs();
    EXPECT_GE(dpc.calls, 1);
    stop = true;
    KeFlushQueuedDpcs();
  });
}

TEST_F(KeDpc, R_DPC_5_WaitInADpcIsBugCheckB8) {
  expect_bugcheck(0xB8, [&] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    Dpc dpc([&](Dpc&) { wait_for(&event); });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  });
}

TEST_F(KeDpc, R_DPC_5_PollInADpcIsAllowed) {
  expect_no_bugcheck([&] {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    Dpc dpc([&](Dpc&) {
      EXPECT_EQ(wait_for_us(&event, 0), STATUS_SUCCESS);
      EXPECT_EQ(wait_for_us(&event, 0), STATUS_TIMEOUT);
    });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
    EXPECT_EQ(dpc.calls, 1);
  });
}

TEST_F(KeDpc, R_DPC_5_ChangedApcDisableCountIsBugCheckC7) {
  config.verifier = false;  // the Verifier would stop at KeEnterCriticalRegion already
  expect_bugcheck(0xC7, 4, [&] {
    Dpc dpc([](Dpc&) { KeEnterCriticalRegion(); });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  });
}

TEST_F(KeDpc, R_DPC_3_RoutineThatRaisesIrqlForGoodIsBugCheck) {
  expect_bugcheck(0xC4, 0x31, [&] {
    Dpc dpc([](Dpc&) {
      KIRQL old;
      KeRaiseIrql(HIGH_LEVEL, &old);
    });
    KeInsertQueueDpc(&dpc.dpc, nullptr, nullptr);
  });
}

TEST_F(KeDpc, RunsOnAnIdleProcessorOfAMachineWhereNobodyIsAwake) {
  KTIMER timer;
  int calls = 0;
  std::uint64_t ran_at = 0;
  Dpc dpc([&](Dpc&) {
    ++calls;
    ran_at = hardware.now_ps();
  });
  expect_no_bugcheck([&] {
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, relative_us(1000), &dpc.dpc);
  });
  EXPECT_EQ(calls, 1);
  EXPECT_GE(ran_at, 1'000'000'000u);
}

}  // namespace
}  // namespace p2p::test
