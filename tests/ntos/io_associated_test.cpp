// Associated IRPs and IoSetCompletionRoutineEx: rules R-IRP-10 and R-IRP-24.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/ob/object.h"

#include "sw/ntos/ex/pool.h"
#include "sw/ntos/io/driver_hold.h"

namespace p2p::test {
namespace {

class IoAssociated : public IoTest {
 protected:
  /// A highest-level driver that splits each request into `parts` and sends them to the (pending) device below.
  void add_splitting(int count, Routine* routine = nullptr) {
    add_layer([&, count, routine](Layer& self, PIRP master) {
      IoMarkIrpPending(master);
      master->AssociatedIrp.IrpCount = count;
      master->IoStatus.Status = STATUS_SUCCESS;
      for (int i = 0; i < count; ++i) {
        PIRP irp = IoMakeAssociatedIrp(master, self.lower->StackSize);
        EXPECT_NE(irp->Flags & IRP_ASSOCIATED_IRP, 0u);
        EXPECT_EQ(irp->AssociatedIrp.MasterIrp, master);
        EXPECT_TRUE(IsListEmpty(&irp->ThreadListEntry));  // not the thread's
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
        if (routine != nullptr) routine->set(irp);
        IoCallDriver(self.lower, irp);
      }
      return STATUS_PENDING;
    });
  }
  void add_keeping() {
    add_layer([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      parts.push_back(irp);
      return STATUS_PENDING;
    });
  }
  NTSTATUS send() {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    return IoCallDriver(top(), threaded_irp(&event, &iosb));
  }
  std::vector<PIRP> parts;
  KEVENT event;
  IO_STATUS_BLOCK iosb = {};
};

TEST_F(IoAssociated, R_IRP_10_TheMasterCompletesAfterTheLastPart) {
  expect_no_bugcheck([&] {
    add_keeping();
    add_splitting(3);
    EXPECT_EQ(send(), STATUS_PENDING);
    ASSERT_EQ(parts.size(), 3u);
    complete(parts[1], STATUS_SUCCESS);
    complete(parts[0], STATUS_SUCCESS);
    EXPECT_FALSE(KeReadStateEvent(&event));
    complete(parts[2], STATUS_SUCCESS);
    EXPECT_TRUE(KeReadStateEvent(&event));
    EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoAssociated, R_IRP_10_ARoutineThatStopsCompletesTheMasterItself) {
  expect_no_bugcheck([&] {
    int left = 2;
    Routine stopping([&](PDEVICE_OBJECT, PIRP irp) {
      PIRP master = irp->AssociatedIrp.MasterIrp;
      IoFreeIrp(irp);  // R-IRP-7 allows it here
      if (--left == 0) complete(master, STATUS_END_OF_FILE, 5);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_keeping();
    add_splitting(2, &stopping);
    send();
    complete(parts[0], STATUS_SUCCESS);
    EXPECT_FALSE(KeReadStateEvent(&event));
    complete(parts[1], STATUS_SUCCESS);
    EXPECT_EQ(iosb.Status, STATUS_END_OF_FILE);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoAssociated, R_IRP_10_ARoutineThatGoesOnLeavesTheMasterToTheIoManager) {
  expect_no_bugcheck([&] {
    Routine going_on([](PDEVICE_OBJECT, PIRP) { return STATUS_SUCCESS; });
    add_keeping();
    add_splitting(1, &going_on);
    send();
    complete(parts[0], STATUS_SUCCESS);
    EXPECT_EQ(going_on.calls, 1);
    EXPECT_TRUE(KeReadStateEvent(&event));
  });
}

TEST_F(IoAssociated, V_44_TheMasterWasCompletedBeforeItsParts) {
  expect_bugcheck(0x44, [&] {
    add_keeping();
    add_splitting(1);
    send();
    complete(parts[0]->AssociatedIrp.MasterIrp, STATUS_CANCELLED);
    complete(parts[0], STATUS_SUCCESS);
  });
}

class IoCompletionEx : public IoTest {
 protected:
  NTSTATUS set(PIRP irp, bool success = true, bool error = true, bool cancel = true) {
    return IoSetCompletionRoutineEx(owner->device, irp, Routine::enter, &routine, success, error, cancel);
  }
  Layer* owner = nullptr;
  Routine routine{[](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; }};
};

TEST_F(IoCompletionEx, R_IRP_24_CalledOnceWithItsContextAndThenReleased) {
  expect_no_bugcheck([&] {
    owner = &add_pending();
    PIRP irp = own_irp();
    const std::uint64_t before = kernel->counters().pool_bytes_outstanding;
    EXPECT_EQ(set(irp), STATUS_SUCCESS);
    EXPECT_GT(kernel->counters().pool_bytes_outstanding, before);
    IoCallDriver(top(), irp);
    EXPECT_EQ(routine.calls, 0);
    complete(kept, STATUS_SUCCESS);
    EXPECT_EQ(routine.calls, 1);
    EXPECT_EQ(kernel->counters().pool_bytes_outstanding, before);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletionEx, R_IRP_24_TheDriverIsNotUnloadedBeforeItsRoutineHasRun) {
  expect_no_bugcheck([&] {
    bool unloadable = false;
    owner = &add_pending();
    PIRP irp = own_irp();
    set(irp);
    IoCallDriver(top(), irp);
    spawn("unloader", [&] {
      io::wait_until_unloadable(owner->driver);
      unloadable = true;
    });
    sleep_us(100);
    EXPECT_FALSE(unloadable);
    complete(kept, STATUS_SUCCESS);
    sleep_us(100);
    EXPECT_TRUE(unloadable);
    io::wait_until_unloadable(owner->driver);  // nothing holds it: returns at once
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletionEx, R_IRP_24_TheDeviceObjectIsReferencedMeanwhile) {
  expect_no_bugcheck([&] {
    add_pending();
    PDRIVER_OBJECT driver = pnp::create_driver_object("caller");
    PDEVICE_OBJECT device = nullptr;
    IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    PIRP irp = own_irp();
    IoSetCompletionRoutineEx(device, irp, Routine::enter, &routine, TRUE, TRUE, TRUE);
    IoCallDriver(top(), irp);
    IoDeleteDevice(device);
    EXPECT_EQ(device->Type, 3);  // still a device object
    complete(kept, STATUS_SUCCESS);
    EXPECT_FALSE(ob::is_object(device, ob::Kind::kDevice));
    IoFreeIrp(irp);
  });
}

TEST_F(IoCompletionEx, R_IRP_24_WithoutMemoryItFailsAndTheIrpMustBeCompleted) {
  expect_bugcheck(0xC4, 0x4100F, [&] {
    owner = &add_completing();
    PIRP irp = own_irp();
    hardware.page_limit = hardware.pages_allocated();
    while (ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, 'tseT') != nullptr) {
    }
    EXPECT_EQ(set(irp), STATUS_INSUFFICIENT_RESOURCES);
    IoCallDriver(top(), irp);
  });
}

}  // namespace
}  // namespace p2p::test
