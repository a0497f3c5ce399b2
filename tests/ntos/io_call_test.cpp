// IoCallDriver and the stack locations: rules R-IRP-11 to R-IRP-17, R-IRQL-6, R-SPIN-4.
#include "tests/ntos/io_stack.h"

namespace p2p::test {
namespace {

class IoCall : public IoTest {
 protected:
  Routine keep{[](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; }};
  /// Sends an own IRP to the top and gets it back.
  NTSTATUS send(PIRP irp) {
    keep.set(irp);
    return IoCallDriver(top(), irp);
  }
};

TEST_F(IoCall, R_IRP_11_AdvancesStoresTheTargetAndCallsByMajorFunction) {
  expect_no_bugcheck([&] {
    PIO_STACK_LOCATION seen = nullptr;
    Layer& lower = add_layer([&](Layer& self, PIRP irp) {
      seen = IoGetCurrentIrpStackLocation(irp);
      EXPECT_EQ(seen->DeviceObject, self.device);
      EXPECT_EQ(irp->CurrentLocation, 1);
      return complete(irp, STATUS_SUCCESS);
    });
    lower.driver->MajorFunction[IRP_MJ_READ] = [](PDEVICE_OBJECT, PIRP irp)
                                                   NTAPI { return complete(irp, STATUS_END_OF_FILE); };
    PIRP irp = own_irp();
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    EXPECT_EQ(send(irp), STATUS_SUCCESS);
    EXPECT_EQ(seen, next);
    IoReuseIrp(irp, STATUS_SUCCESS);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    EXPECT_EQ(send(irp), STATUS_END_OF_FILE);
    EXPECT_EQ(lower.calls, 1);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCall, R_IRP_11_NoLocationLeftIs35) {
  expect_bugcheck(0x35, [&] {
    add_completing();
    add_layer([](Layer& self, PIRP irp) { return IoCallDriver(self.lower, irp); });
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    send(irp);
  });
}

TEST_F(IoCall, R_IRP_12_SkipCopyAndFillByHandReachTheLowerDriver) {
  expect_no_bugcheck([&] {
    std::vector<ULONG> codes;
    Routine up([](PDEVICE_OBJECT, PIRP irp) {
      if (irp->PendingReturned) IoMarkIrpPending(irp);
      return STATUS_SUCCESS;
    });
    add_layer([&](Layer&, PIRP irp) {
      codes.push_back(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode);
      return complete(irp, STATUS_SUCCESS);
    });
    add_skipping();
    add_watching(up);
    add_layer([&](Layer& self, PIRP irp) {
      PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
      next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
      next->Parameters.DeviceIoControl.IoControlCode = 77;
      return IoCallDriver(self.lower, irp);
    });
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode = 5;
    EXPECT_EQ(send(irp), STATUS_SUCCESS);
    EXPECT_EQ(codes, std::vector<ULONG>{77});
    EXPECT_EQ(up.calls, 1);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCall, R_IRP_13_SkipGivesTheLowerDriverTheSameLocation) {
  expect_no_bugcheck([&] {
    PIO_STACK_LOCATION upper = nullptr, lower = nullptr;
    add_layer([&](Layer&, PIRP irp) {
      lower = IoGetCurrentIrpStackLocation(irp);
      return complete(irp, STATUS_SUCCESS);
    });
    add_layer([&](Layer& self, PIRP irp) {
      upper = IoGetCurrentIrpStackLocation(irp);
      return self.pass_down(irp);
    });
    PIRP irp = own_irp();
    EXPECT_EQ(send(irp), STATUS_SUCCESS);
    EXPECT_EQ(upper, lower);
    EXPECT_EQ(lower->DeviceObject, layers[0].device);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCall, R_IRP_13_SkippingAnIrpAlreadyPendedIsC9_206) {
  expect_bugcheck(0xC9, 0x206, [&] {
    add_completing();
    add_layer([](Layer& self, PIRP irp) {
      IoMarkIrpPending(irp);
      self.pass_down(irp);
      return STATUS_PENDING;
    });
    send(own_irp());
  });
}

TEST_F(IoCall, R_IRP_14_CopyLeavesTheRoutineAndClearsControl) {
  expect_no_bugcheck([&] {
    add_completing();
    Layer& upper = add_layer([&](Layer& self, PIRP irp) {
      PIO_STACK_LOCATION own = IoGetCurrentIrpStackLocation(irp), next = IoGetNextIrpStackLocation(irp);
      next->CompletionRoutine = nullptr;
      IoMarkIrpPending(irp);
      IoCopyCurrentIrpStackLocationToNext(irp);
      EXPECT_NE(own->Control, 0);
      EXPECT_EQ(next->Control, 0);
      EXPECT_EQ(next->CompletionRoutine, nullptr);
      EXPECT_EQ(next->MajorFunction, own->MajorFunction);
      EXPECT_EQ(next->Parameters.DeviceIoControl.IoControlCode, 9u);
      IoCallDriver(self.lower, irp);
      return STATUS_PENDING;
    });
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode = 9;
    EXPECT_EQ(send(irp), STATUS_PENDING);
    EXPECT_EQ(upper.calls, 1);
    EXPECT_EQ(keep.calls, 1);
    IoFreeIrp(irp);
  });
}

TEST_F(IoCall, R_IRP_14_CopyingTheUpperRoutineByHandIsC9_207) {
  expect_bugcheck(0xC9, 0x207, [&] {
    add_completing();
    add_layer([](Layer& self, PIRP irp) {
      *IoGetNextIrpStackLocation(irp) = *IoGetCurrentIrpStackLocation(irp);
      return IoCallDriver(self.lower, irp);
    });
    send(own_irp());
  });
}

TEST_F(IoCall, R_IRP_14_ANonZeroControlFieldIsC9_206) {
  expect_bugcheck(0xC9, 0x206, [&] {
    add_completing();
    add_layer([](Layer& self, PIRP irp) {
      IoMarkIrpPending(irp);
      PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
      next->MajorFunction = IRP_MJ_READ;
      next->Control = IoGetCurrentIrpStackLocation(irp)->Control;
      IoCallDriver(self.lower, irp);
      return STATUS_PENDING;
    });
    send(own_irp());
  });
}

TEST_F(IoCall, R_IRP_15_AfterTheSendTheIrpMayBeGone) {
  expect_no_bugcheck([&] {
    add_completing();
    Routine freeing([](PDEVICE_OBJECT, PIRP irp) {
      IoFreeIrp(irp);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    PIRP irp = own_irp();
    freeing.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_SUCCESS);
    EXPECT_EQ(ntos::irp_id(irp), 0u);
  });
}

TEST_F(IoCall, R_IRP_16_AnotherStatusThanTheCompletedOneIsC9_224) {
  expect_bugcheck(0xC9, 0x224, [&] {
    add_layer([](Layer&, PIRP irp) {
      complete(irp, STATUS_UNSUCCESSFUL);
      return STATUS_SUCCESS;
    });
    send(own_irp());
  });
}

TEST_F(IoCall, R_IRP_17_CreateAtDispatchLevelIsC9_23A) {
  expect_bugcheck(0xC9, 0x23A, [&] {
    add_completing();
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_CREATE;
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    send(irp);
  });
}

TEST_F(IoCall, R_IRP_17_ReadWriteControlAndPowerGoAtDispatchLevel) {
  expect_no_bugcheck([&] {
    Layer& lower = add_completing();
    for (int major : {IRP_MJ_READ, IRP_MJ_WRITE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL, IRP_MJ_POWER}) {
      PIRP irp = own_irp();
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      IoGetNextIrpStackLocation(irp)->MajorFunction = static_cast<UCHAR>(major);
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL, &old);
      EXPECT_EQ(send(irp), STATUS_SUCCESS);
      KeLowerIrql(old);
      IoFreeIrp(irp);
    }
    EXPECT_EQ(lower.calls, 5);
  });
}

TEST_F(IoCall, V_C9_03_NoIrp) {
  expect_bugcheck(0xC9, 0x03, [&] {
    add_completing();
    IRP nothing = {};
    IoCallDriver(top(), &nothing);
  });
}

TEST_F(IoCall, V_C9_04_ADeviceThatIsDeleted) {
  expect_bugcheck(0xC9, 0x04, [&] {
    add_completing();
    PIRP irp = own_irp();
    IoDeleteDevice(top());
    send(irp);
  });
}

TEST_F(IoCall, V_C9_204_NoDevice) {
  expect_bugcheck(0xC9, 0x204, [&] {
    add_completing();
    PIRP irp = own_irp();
    keep.set(irp);
    IoCallDriver(nullptr, irp);
  });
}

TEST_F(IoCall, V_C9_10_AboveDispatchLevel) {
  expect_bugcheck(0xC9, 0x10, [&] {
    add_completing();
    PIRP irp = own_irp();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    send(irp);
  });
}

TEST_F(IoCall, V_C9_20E_PnpIrpNotInitialisedToNotSupported) {
  expect_bugcheck(0xC9, 0x20E, [&] {
    add_completing();
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_PNP;
    send(irp);
  });
}

TEST_F(IoCall, V_C9_20F_PowerIrpNotInitialisedToNotSupported) {
  expect_bugcheck(0xC9, 0x20F, [&] {
    add_completing();
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_POWER;
    send(irp);
  });
}

TEST_F(IoCall, V_C9_210_WmiIrpNotInitialisedToNotSupported) {
  expect_bugcheck(0xC9, 0x210, [&] {
    add_completing();
    PIRP irp = own_irp();
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    send(irp);
  });
}

TEST_F(IoCall, R_IRQL_6_DispatchReturnsAtAnotherIrqlIsC9_05) {
  expect_bugcheck(0xC9, 0x05, [&] {
    add_layer([](Layer&, PIRP irp) {
      KIRQL old;
      KeRaiseIrql(APC_LEVEL, &old);
      return complete(irp, STATUS_SUCCESS);
    });
    send(own_irp());
  });
}

TEST_F(IoCall, R_SPIN_4_DispatchReturnsWithASpinLockIsC4_40009) {
  expect_bugcheck(0xC4, 0x40009, [&] {
    static KSPIN_LOCK lock = 0;
    add_layer([](Layer&, PIRP irp) {
      complete(irp, STATUS_SUCCESS);
      KeAcquireSpinLockAtDpcLevel(&lock);
      return STATUS_SUCCESS;
    });
    PIRP irp = own_irp();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    send(irp);
  });
}

TEST_F(IoCall, R_SPIN_4_CompletingWithASpinLockIsC4_40009) {
  expect_bugcheck(0xC4, 0x40009, [&] {
    add_layer([](Layer&, PIRP irp) {
      KSPIN_LOCK lock = 0;
      KIRQL old;
      KeAcquireSpinLock(&lock, &old);
      complete(irp, STATUS_SUCCESS);
      KeReleaseSpinLock(&lock, old);
      return STATUS_SUCCESS;
    });
    send(own_irp());
  });
}

TEST_F(IoCall, V_C9_301_ForwardedAboveDispatchLevel) {
  expect_bugcheck(0xC9, 0x301, [&] {
    add_completing();
    add_layer([](Layer& self, PIRP irp) {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
      return self.pass_down(irp);
    });
    send(own_irp());
  });
}

TEST_F(IoCall, V_C9_12_DispatchReturnsAboveDispatchLevel) {
  expect_bugcheck(0xC9, 0x12, [&] {
    add_layer([](Layer&, PIRP irp) {
      complete(irp, STATUS_SUCCESS);
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
      return STATUS_SUCCESS;
    });
    send(own_irp());
  });
}

}  // namespace
}  // namespace p2p::test
