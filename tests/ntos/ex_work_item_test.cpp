// Work items: rule R-WRK-1 and the rows of bug checks 0xE1, 0xE4.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/drivers.h"

namespace p2p::test {
namespace {

class ExWorkItem : public KernelTest {
 protected:
  /// A device object as far as references go.
  PDEVICE_OBJECT device() {
    static DEVICE_OBJECT object;
    ob::create(&object, ob::Kind::kDevice, {});
    return &object;
  }
  static VOID NTAPI enter(PDEVICE_OBJECT, PVOID context) { (*static_cast<std::function<void()>*>(context))(); }
  static VOID NTAPI enter_plain(PVOID context) { (*static_cast<std::function<void()>*>(context))(); }
  std::function<void()> work;
};

TEST_F(ExWorkItem, R_WRK_1_RunsAtPassiveInASystemThread) {
  expect_no_bugcheck([&] {
    PIO_WORKITEM item = IoAllocateWorkItem(device());
    PKTHREAD caller = KeGetCurrentThread();
    bool ran = false;
    work = [&] {
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      EXPECT_NE(KeGetCurrentThread(), caller);
      EXPECT_TRUE(PsIsSystemThread(PsGetCurrentThread()));
      ran = true;
    };
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    IoQueueWorkItem(item, enter, DelayedWorkQueue, &work);
    KeLowerIrql(old);
    sleep_us(100);
    EXPECT_TRUE(ran);
    IoFreeWorkItem(item);
  });
}

TEST_F(ExWorkItem, R_WRK_1_ADriverObjectWillDoAndStaysUntilTheRoutineHasReturned) {
  expect_no_bugcheck([&] {
    PDRIVER_OBJECT driver = pnp::create_driver_object("worker");
    auto* item = static_cast<PIO_WORKITEM>(ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeofWorkItem(), 'tseT'));
    IoInitializeWorkItem(driver, item);
    static PVOID seen = nullptr;
    IoQueueWorkItemEx(
        item,
        [](PVOID object, PVOID, PIO_WORKITEM) NTAPI {
          EXPECT_EQ(static_cast<PDRIVER_OBJECT>(object)->Type, 4);
          seen = object;
        },
        DelayedWorkQueue, nullptr);
    pnp::delete_driver_object(driver);
    sleep_us(100);
    EXPECT_EQ(seen, driver);
    IoUninitializeWorkItem(item);
    ExFreePoolWithTag(item, 'tseT');
  });
  EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 0u);
}

TEST_F(ExWorkItem, R_WRK_1_RoutineMayFreeOrQueueItsItem) {
  expect_no_bugcheck([&] {
    PIO_WORKITEM item = IoAllocateWorkItem(device());
    int calls = 0;
    work = [&] {
      if (++calls == 1) {
        IoQueueWorkItem(item, enter, DelayedWorkQueue, &work);
      } else {
        IoFreeWorkItem(item);
      }
    };
    IoQueueWorkItem(item, enter, DelayedWorkQueue, &work);
    sleep_us(100);
    EXPECT_EQ(calls, 2);
  });
  EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 0u);
}

TEST_F(ExWorkItem, R_WRK_1_FreeWhileQueuedIsBugCheckE4) {
  config.cpus = 1;  // another would run the item meanwhile
  expect_bugcheck(0xE4, 2, [&] {
    PIO_WORKITEM item = IoAllocateWorkItem(device());
    work = [] {};
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    IoQueueWorkItem(item, enter, DelayedWorkQueue, &work);
    IoFreeWorkItem(item);
  });
}

TEST_F(ExWorkItem, R_WRK_1_QueueWhileQueuedIsBugCheckE4) {
  config.cpus = 1;  // another would run the item meanwhile
  expect_bugcheck(0xE4, 1, [&] {
    PIO_WORKITEM item = IoAllocateWorkItem(device());
    work = [] {};
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    IoQueueWorkItem(item, enter, DelayedWorkQueue, &work);
    IoQueueWorkItem(item, enter, DelayedWorkQueue, &work);
  });
}

TEST_F(ExWorkItem, R_WRK_1_ReturningAtDispatchIsBugCheckE1) {
  expect_bugcheck(0xE1, [&] {
    work = [] {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL, &old);
    };
    IoQueueWorkItem(IoAllocateWorkItem(device()), enter, DelayedWorkQueue, &work);
    sleep_us(100);
  });
}

TEST_F(ExWorkItem, V_01_UnbalancedCriticalRegionIsBugCheck) {
  expect_bugcheck(0x01, [&] {
    work = [] { KeEnterCriticalRegion(); };
    IoQueueWorkItem(IoAllocateWorkItem(device()), enter, DelayedWorkQueue, &work);
    sleep_us(100);
  });
}

TEST_F(ExWorkItem, V_E4_06_QueueThatDoesNotExistIsBugCheck) {
  expect_bugcheck(0xE4, 6, [&] {
    work = [] {};
    IoQueueWorkItem(IoAllocateWorkItem(device()), enter, MaximumWorkQueue, &work);
  });
}

TEST_F(ExWorkItem, V_E4_07_NoRoutineIsBugCheck) {
  expect_bugcheck(0xE4, 7, [&] { IoQueueWorkItem(IoAllocateWorkItem(device()), nullptr, DelayedWorkQueue, nullptr); });
}

TEST_F(ExWorkItem, ExQueueWorkItemRunsItsRoutineOnce) {
  expect_no_bugcheck([&] {
    int calls = 0;
    work = [&] { ++calls; };
    WORK_QUEUE_ITEM item;
    ExInitializeWorkItem(&item, enter_plain, &work);
    ExQueueWorkItem(&item, CriticalWorkQueue);
    sleep_us(100);
    EXPECT_EQ(calls, 1);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    sleep_us(100);
    EXPECT_EQ(calls, 2);
  });
}

TEST_F(ExWorkItem, ItemsThatWaitDoNotBlockOthers) {
  expect_no_bugcheck([&] {
    KEVENT gate;
    KeInitializeEvent(&gate, NotificationEvent, FALSE);
    std::function<void()> waits = [&] { wait_for(&gate); };
    std::function<void()> opens = [&] { KeSetEvent(&gate, IO_NO_INCREMENT, FALSE); };
    WORK_QUEUE_ITEM first, second;
    ExInitializeWorkItem(&first, enter_plain, &waits);
    ExInitializeWorkItem(&second, enter_plain, &opens);
    ExQueueWorkItem(&first, DelayedWorkQueue);
    ExQueueWorkItem(&second, DelayedWorkQueue);
    EXPECT_EQ(wait_for_us(&gate, 1000), STATUS_SUCCESS);
    sleep_us(100);
  });
}

}  // namespace
}  // namespace p2p::test
