// Workers and counted workers.
#include "tests/ks/bench.h"

namespace p2p::test {
namespace {

/// A work item whose routine is a C++ callable.
struct Item {
  explicit Item(std::function<void()> work) : routine(std::move(work)) { ExInitializeWorkItem(&item, enter, this); }
  static VOID NTAPI enter(PVOID context) { static_cast<Item*>(context)->routine(); }
  WORK_QUEUE_ITEM item;
  std::function<void()> routine;
};

class Worker : public KsTest {};

TEST_F(Worker, its_items_run_at_passive_level_and_unregistering_waits_for_them) {
  expect_clean([&] {
    in_system_thread([&] {
      PKSWORKER worker = nullptr;
      EXPECT_EQ(KsRegisterWorker(MaximumWorkQueue, &worker), STATUS_INVALID_PARAMETER);
      EXPECT_EQ(KsRegisterWorker(DelayedWorkQueue, &worker), STATUS_SUCCESS);
      std::vector<int> order;
      Item slow([&] {
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        sleep_us(500);
        order.push_back(1);
      });
      Item quick([&] { order.push_back(2); });
      at_dispatch_level([&] { EXPECT_EQ(KsQueueWorkItem(worker, &slow.item), STATUS_SUCCESS); });
      EXPECT_EQ(KsQueueWorkItem(worker, &quick.item), STATUS_SUCCESS);
      EXPECT_LT(order.size(), 2u);
      KsUnregisterWorker(worker);
      EXPECT_EQ(order.size(), 2u) << "the worker went before its work was done";
    });
  });
}

TEST_F(Worker, an_item_may_be_queued_again_as_soon_as_it_runs) {
  expect_clean([&] {
    in_system_thread([&] {
      PKSWORKER worker = nullptr;
      EXPECT_EQ(KsRegisterWorker(CriticalWorkQueue, &worker), STATUS_SUCCESS);
      int runs = 0;
      std::unique_ptr<Item> item;
      item = std::make_unique<Item>([&] {
        if (++runs < 3) {
          EXPECT_EQ(KsQueueWorkItem(worker, &item->item), STATUS_SUCCESS);
        }
      });
      EXPECT_EQ(KsQueueWorkItem(worker, &item->item), STATUS_SUCCESS);
      KsUnregisterWorker(worker);
      EXPECT_EQ(runs, 3);
    });
  });
}

TEST_F(Worker, a_counted_one_is_queued_once_for_a_list_of_tasks) {
  expect_clean([&] {
    in_system_thread([&] {
      PKSWORKER worker = nullptr;
      int tasks = 0, done = 0, runs = 0;
      Item item([&] {
        ++runs;
        do {
          --tasks;
          ++done;
        } while (KsDecrementCountedWorker(worker) != 0);
      });
      EXPECT_EQ(KsRegisterCountedWorker(DelayedWorkQueue, &item.item, &worker), STATUS_SUCCESS);
      at_dispatch_level([&] {  // no worker thread runs meanwhile on this processor
        tasks += 3;
        EXPECT_EQ(KsIncrementCountedWorker(worker), 1u);
        const ULONG second = KsIncrementCountedWorker(worker);
        const ULONG third = KsIncrementCountedWorker(worker);
        EXPECT_TRUE(second <= 2 && third <= 3);
      });
      KsUnregisterWorker(worker);
      EXPECT_EQ(done, 3);
      EXPECT_EQ(tasks, 0);
      EXPECT_GE(runs, 1);
      EXPECT_LE(runs, 3);
    });
  });
}

TEST_F(Worker, the_counts_are_returned) {
  expect_clean([&] {
    in_system_thread([&] {
      PKSWORKER worker = nullptr;
      int runs = 0;
      Item item([&] { ++runs; });
      EXPECT_EQ(KsRegisterCountedWorker(DelayedWorkQueue, &item.item, &worker), STATUS_SUCCESS);
      EXPECT_EQ(KsIncrementCountedWorker(worker), 1u);
      EXPECT_EQ(KsIncrementCountedWorker(worker), 2u);
      EXPECT_EQ(KsDecrementCountedWorker(worker), 1u);
      EXPECT_EQ(KsDecrementCountedWorker(worker), 0u);
      EXPECT_EQ(KsIncrementCountedWorker(worker), 1u);
      KsUnregisterWorker(worker);
      EXPECT_EQ(runs, 2) << "queued when the count left zero, and only then";
    });
  });
}

TEST_F(Worker, a_counted_item_may_be_due_again_while_it_waits) {
  expect_clean([&] {
    in_system_thread([&] {
      PKSWORKER worker = nullptr;
      int runs = 0;
      Item item([&] { ++runs; });
      Item slow([] { sleep_us(500); });
      EXPECT_EQ(KsRegisterCountedWorker(DelayedWorkQueue, &item.item, &worker), STATUS_SUCCESS);
      EXPECT_EQ(KsQueueWorkItem(worker, &slow.item), STATUS_SUCCESS);
      sleep_us(100);
      for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(KsIncrementCountedWorker(worker), 1u);
        EXPECT_EQ(KsDecrementCountedWorker(worker), 0u);
      }
      KsUnregisterWorker(worker);
      EXPECT_EQ(runs, 2);
    });
  });
}

TEST_F(Worker, an_item_that_waits_is_not_queued_again) {
  const ntos::BugCheck* bugcheck = run_client([&] {
    in_system_thread([&] {
      PKSWORKER worker = nullptr;
      Item slow([] { sleep_us(500); });
      Item twice([] {});
      EXPECT_EQ(KsRegisterWorker(DelayedWorkQueue, &worker), STATUS_SUCCESS);
      KsQueueWorkItem(worker, &slow.item);
      sleep_us(100);
      KsQueueWorkItem(worker, &twice.item);
      KsQueueWorkItem(worker, &twice.item);
    });
  });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->code, 0xE4u);
}

}  // namespace
}  // namespace p2p::test
