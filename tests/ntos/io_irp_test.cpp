// IRPs as objects: rules R-IRP-1 to R-IRP-9.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class IoIrp : public IoTest {};

/// A request of the driver's own whose routine keeps it: sent, completed, back.
void round_trip(PDEVICE_OBJECT device, PIRP irp) {
  Routine back([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
  back.set(irp);
  IoCallDriver(device, irp);
  EXPECT_EQ(back.calls, 1);
}

TEST_F(IoIrp, R_IRP_1_LocationsFollowTheHeader) {
  expect_no_bugcheck([&] {
    PIRP irp = IoAllocateIrp(3, FALSE);
    EXPECT_EQ(irp->Size, sizeof(IRP) + 3 * sizeof(IO_STACK_LOCATION));
    EXPECT_EQ(IoGetNextIrpStackLocation(irp), reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + 2);
    IoFreeIrp(irp);
  });
}

TEST_F(IoIrp, R_IRP_2_NullWithoutMemoryOrLocations) {
  expect_no_bugcheck([&] {
    EXPECT_EQ(IoAllocateIrp(0, FALSE), nullptr);
    hardware.page_limit = hardware.pages_allocated();
    std::vector<PIRP> irps;
    for (PIRP irp = IoAllocateIrp(8, FALSE); irp != nullptr; irp = IoAllocateIrp(8, FALSE)) irps.push_back(irp);
    EXPECT_LT(irps.size(), 100u);
    for (PIRP irp : irps) IoFreeIrp(irp);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoIrp, R_IRP_2_AtDispatchLevelYesAboveNo) {
  expect_bugcheck(0xC4, 0x20022, [&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    PIRP irp = IoAllocateIrp(1, FALSE);
    ASSERT_NE(irp, nullptr);
    IoFreeIrp(irp);
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    P2P_IMPORT(IoAllocateIrp)(1, FALSE);
  });
}

TEST_F(IoIrp, R_IRP_3_InitialisedAndBoundToNoThread) {
  expect_no_bugcheck([&] {
    PIRP irp = IoAllocateIrp(1, FALSE);
    EXPECT_EQ(irp->Type, IO_TYPE_IRP);
    EXPECT_EQ(irp->Tail.Overlay.Thread, nullptr);
    EXPECT_TRUE(IsListEmpty(&irp->ThreadListEntry));
    EXPECT_FALSE(irp->Cancel);
    EXPECT_EQ(irp->CancelRoutine, nullptr);
    EXPECT_EQ(irp->MdlAddress, nullptr);
    IoFreeIrp(irp);
  });
}

TEST_F(IoIrp, R_IRP_3_InitialisingAnAllocatedIrpIsC9_238) {
  expect_bugcheck(0xC9, 0x238, [&] {
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoInitializeIrp(irp, IoSizeOfIrp(1), 1);
  });
}

TEST_F(IoIrp, R_IRP_3_InitialisingOneWithQuotaIsC9_20D) {
  expect_bugcheck(0xC9, 0x20D, [&] {
    PIRP irp = IoAllocateIrp(1, TRUE);
    IoInitializeIrp(irp, IoSizeOfIrp(1), 1);
  });
}

TEST_F(IoIrp, R_IRP_4_FreshCursorPointsPastTheLastLocation) {
  expect_no_bugcheck([&] {
    PIRP irp = IoAllocateIrp(4, FALSE);
    EXPECT_EQ(irp->StackCount, 4);
    EXPECT_EQ(irp->CurrentLocation, 5);
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp), reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + 4);
    IoFreeIrp(irp);
  });
}

TEST_F(IoIrp, R_IRP_5_OwnLocationBecomesCurrent) {
  expect_no_bugcheck([&] {
    Layer& lower = add_completing();
    PIRP irp = own_irp(1);
    IoSetNextIrpStackLocation(irp);
    PIO_STACK_LOCATION own = IoGetCurrentIrpStackLocation(irp);
    own->DeviceObject = reinterpret_cast<PDEVICE_OBJECT>(0x1234);
    EXPECT_EQ(irp->CurrentLocation, 2);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    PDEVICE_OBJECT given = nullptr;
    Routine back([&](PDEVICE_OBJECT device, PIRP done) {
      given = device;
      EXPECT_EQ(IoGetCurrentIrpStackLocation(done), own);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    back.set(irp);
    EXPECT_EQ(IoCallDriver(lower.device, irp), STATUS_SUCCESS);
    EXPECT_EQ(given, own->DeviceObject);
    IoFreeIrp(irp);
  });
}

TEST_F(IoIrp, R_IRP_6_QuotaIsRecorded) {
  expect_no_bugcheck([&] {
    PIRP charged = IoAllocateIrp(1, TRUE), plain = IoAllocateIrp(1, FALSE);
    EXPECT_NE(charged->AllocationFlags & IRP_QUOTA_CHARGED, 0);
    EXPECT_EQ(plain->AllocationFlags & IRP_QUOTA_CHARGED, 0);
    IoFreeIrp(charged);
    IoFreeIrp(plain);
  });
}

TEST_F(IoIrp, R_IRP_7_FreeLeavesTheMdlToTheCaller) {
  expect_no_bugcheck([&] {
    PVOID buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');
    PIRP irp = IoAllocateIrp(1, FALSE);
    PMDL mdl = IoAllocateMdl(buffer, 100, FALSE, FALSE, irp);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    IoFreeIrp(irp);
    EXPECT_NE(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(buffer, 'tseT');
  });
}

TEST_F(IoIrp, R_IRP_7_FreeingTwiceIsC9_01) {
  expect_bugcheck(0xC9, 0x01, [&] {
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoFreeIrp(irp);
    IoFreeIrp(irp);
  });
}

TEST_F(IoIrp, R_IRP_7_FreeingAThreadedIrpIsC9_02) {
  expect_bugcheck(0xC9, 0x02, [&] {
    add_completing();
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoFreeIrp(threaded_irp(&event, &iosb));
  });
}

TEST_F(IoIrp, R_IRP_7_FreeingWhileALowerDriverHasItIsC9_20A) {
  expect_bugcheck(0xC9, 0x20A, [&] {
    add_pending();
    PIRP irp = own_irp();
    Routine back([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    back.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_PENDING);
    IoFreeIrp(irp);
  });
}

TEST_F(IoIrp, R_IRP_8_ReuseSetsTheStatusAndSendsAgain) {
  expect_no_bugcheck([&] {
    Layer& lower = add_completing(STATUS_SUCCESS, 7);
    PIRP irp = own_irp();
    const std::uint64_t id = ntos::irp_id(irp);
    round_trip(lower.device, irp);
    irp->Cancel = TRUE;
    IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(irp->IoStatus.Information, 0u);
    EXPECT_EQ(irp->CurrentLocation, 2);
    EXPECT_FALSE(irp->Cancel);
    EXPECT_EQ(ntos::irp_id(irp), id);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    round_trip(lower.device, irp);
    EXPECT_EQ(lower.calls, 2);
    EXPECT_EQ(irp->IoStatus.Information, 7u);
    IoFreeIrp(irp);
  });
}

TEST_F(IoIrp, R_IRP_8_ReuseOfABuiltIrpIsC9_311) {
  expect_bugcheck(0xC9, 0x311, [&] {
    add_completing();
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoReuseIrp(threaded_irp(&event, &iosb), STATUS_SUCCESS);
  });
}

TEST_F(IoIrp, R_IRP_8_ReuseOfAnAssociatedIrpIsC9_311) {
  expect_bugcheck(0xC9, 0x311, [&] {
    PIRP master = IoAllocateIrp(1, FALSE);
    IoReuseIrp(IoMakeAssociatedIrp(master, 1), STATUS_SUCCESS);
  });
}

TEST_F(IoIrp, R_IRP_8_ReuseOfAnIrpInUseIsC9_310) {
  expect_bugcheck(0xC9, 0x310, [&] {
    add_pending();
    PIRP irp = own_irp();
    Routine back([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    back.set(irp);
    IoCallDriver(top(), irp);
    IoReuseIrp(irp, STATUS_SUCCESS);
  });
}

TEST_F(IoIrp, R_IRP_9_RawMemoryBecomesAnIrp) {
  expect_no_bugcheck([&] {
    Layer& lower = add_completing(STATUS_SUCCESS, 3);
    PVOID memory = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, IoSizeOfIrp(1), 'tseT');
    auto* irp = static_cast<PIRP>(memory);
    IoInitializeIrp(irp, IoSizeOfIrp(1), 1);
    EXPECT_EQ(irp->CurrentLocation, 2);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_WRITE;
    round_trip(lower.device, irp);
    EXPECT_EQ(irp->IoStatus.Information, 3u);
    IoInitializeIrp(irp, IoSizeOfIrp(1), 1);  // again, for the next request
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_WRITE;
    round_trip(lower.device, irp);
    EXPECT_EQ(lower.calls, 2);
    ExFreePoolWithTag(memory, 'tseT');
    EXPECT_EQ(ntos::irp_id(irp), 0u);
  });
}

TEST_F(IoIrp, R_IRP_9_FreeingRawMemoryAsAnIrpIsC9_01) {
  expect_bugcheck(0xC9, 0x01, [&] {
    PVOID memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeOfIrp(1), 'tseT');
    IoInitializeIrp(static_cast<PIRP>(memory), IoSizeOfIrp(1), 1);
    IoFreeIrp(static_cast<PIRP>(memory));
  });
}

}  // namespace
}  // namespace p2p::test
