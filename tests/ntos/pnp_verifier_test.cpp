// Driver Verifier's rows about PnP and power requests, and about what AddDevice must copy.
#include "tests/ntos/pnp_driver.h"

#include "sw/ntos/io/device.h"

namespace p2p::test {
namespace {

class PnpVerifier : public PnpStackTest {
 protected:
  using Dispatch = NTSTATUS(NTAPI*)(PDEVICE_OBJECT, PIRP);
  /// Loads the stack; `driver` sees requests of this major function in `dispatch`.
  void start_with(PnpDriver& driver, UCHAR major, Dispatch dispatch) {
    load_stack();
    driver.driver->MajorFunction[major] = dispatch;
    kernel->start_device("function", 0);
  }
  static UCHAR minor_of(PIRP irp) { return IoGetCurrentIrpStackLocation(irp)->MinorFunction; }
  /// Changes flags or type of the upper filter's device before anybody looks.
  template <class Change>
  void start_changed(PnpDriver& driver, Change change) {
    load_stack();
    static Change its_change = change;
    driver.driver->DriverExtension->AddDevice = [](PDRIVER_OBJECT object, PDEVICE_OBJECT pdo) NTAPI -> NTSTATUS {
      const NTSTATUS status = add_device(object, pdo);
      its_change(IoGetAttachedDevice(pdo));
      return status;
    };
    kernel->start_device("function", 0);
  }
};

TEST_F(PnpVerifier, V_C9_213_TheStatusOfAnUnknownPnpRequestChanged) {
  expect_bugcheck(0xC9, 0x213, [&] {
    start_with(function, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      return minor_of(irp) == 0xFF ? complete(irp, STATUS_INVALID_DEVICE_REQUEST) : PnpVerifier::pnp(device, irp);
    });
  });
}

TEST_F(PnpVerifier, V_C9_23B_TheStatusOfAnUnknownPowerRequestChanged) {
  expect_bugcheck(0xC9, 0x23B, [&] {
    start_with(function, IRP_MJ_POWER, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      irp->IoStatus.Status = STATUS_SUCCESS;
      return of(device).pass_down(irp);
    });
  });
}

TEST_F(PnpVerifier, V_C9_214_TheInformationOfAnUnknownRequestChanged) {
  expect_bugcheck(0xC9, 0x214, [&] {
    start_with(upper, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      if (minor_of(irp) == 0xFF) irp->IoStatus.Information = 0;
      return PnpVerifier::pnp(device, irp);
    });
  });
}

TEST_F(PnpVerifier, V_C9_22D_AnUnknownPnpRequestNotPassedDown) {
  expect_bugcheck(0xC9, 0x22D, [&] {
    start_with(function, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      return minor_of(irp) == 0xFF ? complete(irp, irp->IoStatus.Status) : PnpVerifier::pnp(device, irp);
    });
  });
}

TEST_F(PnpVerifier, V_C9_230_AnUnknownPowerRequestNotPassedDown) {
  expect_bugcheck(0xC9, 0x230, [&] {
    start_with(function, IRP_MJ_POWER,
               [](PDEVICE_OBJECT, PIRP irp) NTAPI -> NTSTATUS { return complete(irp, irp->IoStatus.Status); });
  });
}

TEST_F(PnpVerifier, V_C9_215_AFailedPnpRequestPassedDown) {
  expect_bugcheck(0xC9, 0x215, [&] {
    start_with(function, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      if (minor_of(irp) != IRP_MN_QUERY_STOP_DEVICE) return PnpVerifier::pnp(device, irp);
      irp->IoStatus.Status = STATUS_DEVICE_BUSY;
      return of(device).pass_down(irp);
    });
    kernel->stop_device(0);
  });
}

TEST_F(PnpVerifier, V_C9_219_AFailedPowerRequestPassedDown) {
  expect_bugcheck(0xC9, 0x219, [&] {
    start();
    function.on_power = [](PnpDriver& self, PIRP irp) {
      irp->IoStatus.Status = STATUS_DEVICE_BUSY;
      return self.pass_down(irp);
    };
    kernel->set_system_power(3);
  });
}

TEST_F(PnpVerifier, V_C9_216_ASuccessTurnedBackIntoNotSupported) {
  expect_bugcheck(0xC9, 0x216, [&] {
    start_with(lower, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      if (minor_of(irp) != IRP_MN_QUERY_STOP_DEVICE) return PnpVerifier::pnp(device, irp);
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      return of(device).pass_down(irp);
    });
    kernel->stop_device(0);
  });
}

TEST_F(PnpVerifier, V_C9_21A_APowerSuccessTurnedBackIntoNotSupported) {
  expect_bugcheck(0xC9, 0x21A, [&] {
    start();
    function.on_power = [](PnpDriver& self, PIRP irp) {
      irp->IoStatus.Status = STATUS_SUCCESS;
      return self.pass_down(irp);
    };
    lower.on_power = [](PnpDriver& self, PIRP irp) {
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      return self.pass_down(irp);
    };
    kernel->set_system_power(3);
  });
}

TEST_F(PnpVerifier, V_C9_217_AFunctionDriverWithoutAnOpinion) {
  expect_bugcheck(0xC9, 0x217, [&] {
    load(function);
    function.driver->MajorFunction[IRP_MJ_PNP] = [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      return minor_of(irp) == IRP_MN_QUERY_STOP_DEVICE ? of(device).pass_down(irp) : PnpVerifier::pnp(device, irp);
    };
    kernel->start_device("function", 0);
    kernel->stop_device(0);
  });
}

TEST_F(PnpVerifier, AFilterNeedsNoOpinion) {
  expect_no_bugcheck([&] {
    start_with(upper, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      return minor_of(irp) == IRP_MN_QUERY_STOP_DEVICE ? of(device).pass_down(irp) : PnpVerifier::pnp(device, irp);
    });
    EXPECT_EQ(kernel->stop_device(0), STATUS_SUCCESS);
  });
}

TEST_F(PnpVerifier, V_C9_218_AnAnswerThatIsTheBussToGive) {
  expect_bugcheck(0xC9, 0x218, [&] {
    start_with(function, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      if (minor_of(irp) == IRP_MN_QUERY_DEVICE_TEXT) irp->IoStatus.Status = STATUS_SUCCESS;
      return PnpVerifier::pnp(device, irp);
    });
    pnp::send_pnp(function.pdo, IRP_MN_QUERY_DEVICE_TEXT);
  });
}

TEST_F(PnpVerifier, V_C9_22F_CompletedAsItCame) {
  expect_bugcheck(0xC9, 0x22F, [&] {
    start_with(function, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      if (minor_of(irp) != IRP_MN_QUERY_CAPABILITIES) return PnpVerifier::pnp(device, irp);
      return complete(irp, STATUS_NOT_SUPPORTED);
    });
  });
}

TEST_F(PnpVerifier, V_C9_232_APowerRequestCompletedAsItCame) {
  expect_bugcheck(0xC9, 0x232, [&] {
    start();
    function.on_power = [](PnpDriver&, PIRP irp) { return complete(irp, STATUS_NOT_SUPPORTED); };
    kernel->set_system_power(3);
  });
}

TEST_F(PnpVerifier, V_C9_24B_TheTargetRelationAnsweredAboveTheBus) {
  expect_bugcheck(0xC9, 0x24B, [&] {
    start_with(function, IRP_MJ_PNP, [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
      const auto& relations = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations;
      const bool target = minor_of(irp) == IRP_MN_QUERY_DEVICE_RELATIONS && relations.Type == TargetDeviceRelation;
      return target ? complete(irp, STATUS_SUCCESS) : PnpVerifier::pnp(device, irp);
    });
    pnp::send_pnp(function.pdo, IRP_MN_QUERY_DEVICE_RELATIONS, [](PIO_STACK_LOCATION location) {
      location->Parameters.QueryDeviceRelations.Type = TargetDeviceRelation;
    });
  });
}

TEST_F(PnpVerifier, V_C9_23F_PowerPagableNotTakenOver) {
  expect_bugcheck(0xC9, 0x23F, [&] {
    start_changed(function, [](PDEVICE_OBJECT added) { added->Flags &= ~static_cast<ULONG>(DO_POWER_PAGABLE); });
  });
}

TEST_F(PnpVerifier, V_C9_246_AFilterOfAnotherDeviceType) {
  expect_bugcheck(0xC9, 0x246,
                  [&] { start_changed(upper, [](PDEVICE_OBJECT added) { added->DeviceType = FILE_DEVICE_KS; }); });
}

TEST_F(PnpVerifier, AFunctionDriverChoosesItsDeviceTypeAndItsBuffers) {
  expect_no_bugcheck([&] {
    load(function);
    function.driver->DriverExtension->AddDevice = [](PDRIVER_OBJECT object, PDEVICE_OBJECT pdo) NTAPI -> NTSTATUS {
      const NTSTATUS status = add_device(object, pdo);
      IoGetAttachedDevice(pdo)->DeviceType = FILE_DEVICE_KS;
      IoGetAttachedDevice(pdo)->Flags |= DO_DIRECT_IO;
      return status;
    };
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
  });
}

TEST_F(PnpVerifier, V_9F_3_APowerRequestHeldTooLong) {
  config.power_limit_ms = 20;
  PDEVICE_OBJECT pdo = nullptr;
  PIRP held = nullptr;
  expect_bugcheck(0x9F, 3, [&] {
    start();
    pdo = function.pdo;
    function.on_power = [&](PnpDriver&, PIRP irp) {
      IoMarkIrpPending(irp);
      held = irp;
      return STATUS_PENDING;
    };
    kernel->set_system_power(3);
  });
  const ntos::BugCheck* bugcheck = kernel->bugcheck();
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_EQ(bugcheck->parameters[1], reinterpret_cast<std::uintptr_t>(pdo));
  EXPECT_NE(bugcheck->parameters[2], 0u);
  EXPECT_EQ(bugcheck->parameters[3], reinterpret_cast<std::uintptr_t>(held));
  EXPECT_NE(bugcheck->message.find("is with driver 'function'"), std::string::npos) << bugcheck->message;
  EXPECT_NE(bugcheck->irp, 0u);
}

}  // namespace
}  // namespace p2p::test
