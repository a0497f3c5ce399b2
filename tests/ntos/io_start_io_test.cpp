// StartIo and device queues: IoStartPacket, IoStartNextPacket(ByKey), rules R-IRP-82 and R-SPIN-4 where they touch
// them.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/verifier/imports.h"

#include <algorithm>

namespace p2p::test {
namespace {

struct StartIoDriver {
  std::vector<PIRP> started;
  KIRQL irql = 0;
  int depth = 0, deepest = 0;
  std::function<void(PDEVICE_OBJECT, PIRP)> then;
} driver;

VOID NTAPI start_io(PDEVICE_OBJECT device, PIRP irp) {
  driver.irql = KeGetCurrentIrql();
  driver.started.push_back(irp);
  EXPECT_EQ(device->CurrentIrp, irp);
  driver.deepest = std::max(driver.deepest, ++driver.depth);
  if (driver.then) driver.then(device, irp);
  --driver.depth;
}

VOID NTAPI cancel_queued(PDEVICE_OBJECT device, PIRP irp) {
  if (device->CurrentIrp == irp) {
    IoReleaseCancelSpinLock(irp->CancelIrql);
    return;
  }
  KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  complete(irp, STATUS_CANCELLED);
}

class IoStartIo : public IoTest {
 protected:
  void add_starting(PDRIVER_CANCEL cancel = nullptr) {
    Layer& layer = add_layer([this, cancel](Layer& self, PIRP irp) {
      IoMarkIrpPending(irp);
      ULONG key = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Key;
      IoStartPacket(self.device, irp, key != 0 ? &key : nullptr, cancel);
      return STATUS_PENDING;
    });
    layer.driver->DriverStartIo = start_io;
  }
  PIRP send(ULONG key = 0) {
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoGetNextIrpStackLocation(irp)->Parameters.Read.Key = key;
    back.set(irp);
    IoCallDriver(top(), irp);
    return irp;
  }
  /// As a DPC for an interrupt does: the current request is done, on to the next.
  void finish_current(BOOLEAN cancelable = FALSE) {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    PIRP done = top()->CurrentIrp;
    IoStartNextPacket(top(), cancelable);
    complete(done, STATUS_SUCCESS);
    KeLowerIrql(old);
  }
  Routine back{[](PDEVICE_OBJECT, PIRP irp) {
    IoFreeIrp(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
  }};
};

TEST_F(IoStartIo, OneAtATimeInOrderAtDispatchLevel) {
  expect_no_bugcheck([&] {
    add_starting();
    PIRP a = send(), b = send(), c = send();
    EXPECT_EQ(driver.started, std::vector<PIRP>{a});
    EXPECT_EQ(driver.irql, DISPATCH_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    finish_current();
    EXPECT_EQ(driver.started, (std::vector<PIRP>{a, b}));
    finish_current();
    finish_current();
    EXPECT_EQ(driver.started, (std::vector<PIRP>{a, b, c}));
    EXPECT_EQ(top()->CurrentIrp, nullptr);
    PIRP d = send();  // free again
    EXPECT_EQ(driver.started.back(), d);
    finish_current();
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoStartIo, ByKey) {
  expect_no_bugcheck([&] {
    add_starting();
    PIRP first = send(1), c = send(30), a = send(10), b = send(20), b2 = send(20);
    finish_current();  // the smallest key first
    EXPECT_EQ(driver.started, (std::vector<PIRP>{first, a}));
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    auto next_by_key = [&](ULONG key) {
      PIRP done = top()->CurrentIrp;
      IoStartNextPacketByKey(top(), FALSE, key);
      complete(done, STATUS_SUCCESS);
      return top()->CurrentIrp;
    };
    EXPECT_EQ(next_by_key(25), c);  // the first not below
    EXPECT_EQ(next_by_key(40), b);  // none: around to the first
    EXPECT_EQ(next_by_key(20), b2);
    EXPECT_EQ(next_by_key(0), nullptr);
    KeLowerIrql(old);
  });
}

TEST_F(IoStartIo, R_IRP_82_AQueuedPacketIsCancelable) {
  expect_no_bugcheck([&] {
    add_starting(cancel_queued);
    PIRP a = send();
    PIRP b = send();
    EXPECT_NE(a->CancelRoutine, nullptr);  // StartIo takes it off itself
    EXPECT_TRUE(IoCancelIrp(b));
    EXPECT_EQ(kernel->counters().irps_outstanding, 1u);
    IoSetCancelRoutine(a, nullptr);
    finish_current(TRUE);
    EXPECT_EQ(driver.started, std::vector<PIRP>{a});
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoStartIo, R_IRP_83_CancelledOnTheWayIntoTheQueue) {
  expect_no_bugcheck([&] {
    add_starting(cancel_queued);
    PIRP a = send();
    PIRP b = own_irp();
    IoGetNextIrpStackLocation(b)->MajorFunction = IRP_MJ_READ;
    back.set(b);
    IoCancelIrp(b);
    IoCallDriver(top(), b);  // completed by its cancel routine at once
    EXPECT_EQ(kernel->counters().irps_outstanding, 1u);
    IoSetCancelRoutine(a, nullptr);
    finish_current(TRUE);
    EXPECT_EQ(driver.started, std::vector<PIRP>{a});
  });
}

TEST_F(IoStartIo, NonCancelableTakesTheRoutineOffBeforeStartIo) {
  expect_no_bugcheck([&] {
    add_starting(cancel_queued);
    IoSetStartIoAttributes(top(), FALSE, TRUE);
    driver.then = [](PDEVICE_OBJECT, PIRP irp) { EXPECT_EQ(irp->CancelRoutine, nullptr); };
    send();
    send();
    finish_current(TRUE);
    finish_current(TRUE);
    EXPECT_EQ(driver.started.size(), 2u);
  });
}

class IoStartIoDepth : public IoStartIo, public ::testing::WithParamInterface<bool> {};
TEST_P(IoStartIoDepth, StartNextPacketInStartIoRecursesUnlessDeferred) {
  driver.then = [](PDEVICE_OBJECT device, PIRP irp) {
    if (driver.started.size() == 1) return;  // the first keeps the device busy
    IoStartNextPacket(device, FALSE);
    complete(irp, STATUS_SUCCESS);
  };
  expect_no_bugcheck([&] {
    add_starting();
    IoSetStartIoAttributes(top(), GetParam(), FALSE);
    for (int i = 0; i < 6; ++i) send();
    finish_current();
    EXPECT_EQ(driver.started.size(), 6u);
    EXPECT_EQ(driver.deepest, GetParam() ? 1 : 5);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}
INSTANTIATE_TEST_SUITE_P(Deferred, IoStartIoDepth, ::testing::Bool());

TEST_F(IoStartIo, V_C4_20003_StartNextPacketBelowDispatchLevel) {
  expect_bugcheck(0xC4, 0x20003, [&] {
    add_starting();
    P2P_IMPORT(IoStartNextPacket)(top(), FALSE);
  });
}

TEST_F(IoStartIo, R_SPIN_4_StartNextPacketWithASpinLockIsC4_40009) {
  expect_bugcheck(0xC4, 0x40009, [&] {
    add_starting();
    KSPIN_LOCK lock = 0;
    KIRQL old;
    KeAcquireSpinLock(&lock, &old);
    IoStartNextPacket(top(), FALSE);
  });
}

TEST_F(IoStartIo, V_C9_21F_NoStartIoRoutine) {
  expect_bugcheck(0xC9, 0x21F, [&] {
    add_starting();
    layers[0].driver->DriverStartIo = nullptr;
    send();
  });
}

TEST_F(IoStartIo, DeviceQueueSaysWhetherItQueued) {
  expect_no_bugcheck([&] {
    KDEVICE_QUEUE queue;
    KDEVICE_QUEUE_ENTRY a = {}, b = {};
    KeInitializeDeviceQueue(&queue);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_FALSE(KeInsertDeviceQueue(&queue, &a));  // busy from now on
    EXPECT_TRUE(KeInsertDeviceQueue(&queue, &b));
    EXPECT_TRUE(b.Inserted);
    EXPECT_FALSE(KeRemoveEntryDeviceQueue(&queue, &a));
    EXPECT_TRUE(KeRemoveEntryDeviceQueue(&queue, &b));
    EXPECT_FALSE(b.Inserted);
    EXPECT_TRUE(queue.Busy);
    EXPECT_EQ(KeRemoveDeviceQueue(&queue), nullptr);
    EXPECT_FALSE(queue.Busy);
    KeLowerIrql(old);
  });
}

}  // namespace
}  // namespace p2p::test
