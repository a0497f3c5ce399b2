// Power requests: PoRequestPowerIrp, PoSetPowerState, PoStartNextPowerIrp, system states S0 to S4 and device states D0
// to D3 through a stack with filters, and the function's own power state.
#include "tests/ntos/pnp_driver.h"

namespace p2p::test {
namespace {

POWER_STATE device_state(DEVICE_POWER_STATE state) {
  POWER_STATE power;
  power.DeviceState = state;
  return power;
}

/// What a completion function was told.
struct Done {
  static VOID NTAPI enter(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK iosb) {
    auto* self = static_cast<Done*>(context);
    self->device = device;
    self->minor = minor;
    self->state = state.DeviceState;
    self->status = iosb->Status;
    ++self->calls;
    if (self->then) self->then();
  }
  PDEVICE_OBJECT device = nullptr;
  UCHAR minor = 0;
  DEVICE_POWER_STATE state = PowerDeviceUnspecified;
  NTSTATUS status = STATUS_PENDING;
  int calls = 0;
  std::function<void()> then;
};

class PnpPower : public PnpTest {
 protected:
  void start() {
    load_stack();
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    noted();
  }
  NTSTATUS request(UCHAR minor, DEVICE_POWER_STATE state, Done* result) {
    return PoRequestPowerIrp(function.device, minor, device_state(state), result != nullptr ? Done::enter : nullptr,
                             result, nullptr);
  }
  Done done;
};

TEST_F(PnpPower, ADeviceRequestGoesDownTheWholeStackAndTheRequesterIsTold) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD3, &done), STATUS_PENDING);
    EXPECT_EQ(noted(), (Log{"upper.set_D3", "function.set_D3", "lower.set_D3"}));  // from the top, filters included
    EXPECT_EQ(done.calls, 1);
    EXPECT_EQ(done.device, function.device);
    EXPECT_EQ(done.minor, IRP_MN_SET_POWER);
    EXPECT_EQ(done.state, PowerDeviceD3);
    EXPECT_EQ(done.status, STATUS_SUCCESS);
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD0, &done), STATUS_PENDING);
    EXPECT_EQ(noted(), (Log{"upper.set_D0", "function.set_D0", "lower.set_D0", "lower.up", "function.up", "upper.up"}));
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(PnpPower, AQueryThatFailsIsReported) {
  expect_no_bugcheck([&] {
    start();
    lower.power_fails[IRP_MN_QUERY_POWER] = STATUS_DEVICE_BUSY;
    EXPECT_EQ(request(IRP_MN_QUERY_POWER, PowerDeviceD3, &done), STATUS_PENDING);
    EXPECT_EQ(noted(), (Log{"upper.query_D3", "function.query_D3", "lower.query_D3"}));
    EXPECT_EQ(done.status, STATUS_DEVICE_BUSY);
  });
}

TEST_F(PnpPower, OnlyItsMinorFunctions) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(request(IRP_MN_POWER_SEQUENCE, PowerDeviceD0, &done), STATUS_INVALID_PARAMETER_2);
    EXPECT_EQ(done.calls, 0);
    EXPECT_TRUE(noted().empty());
  });
}

TEST_F(PnpPower, NobodyNeedsToBeTold) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD3, nullptr), STATUS_PENDING);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(PnpPower, WithoutMemoryItFailsAtOnce) {
  expect_no_bugcheck([&] {
    start();
    hardware.page_limit = hardware.pages_allocated();
    for (std::size_t bytes = 4096; bytes >= 16; bytes /= 2) {
      while (ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, 'tseT') != nullptr) {
      }
    }
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD3, &done), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(done.calls, 0);
  });
}

TEST_F(PnpPower, APagableStackIsAskedAtPassiveLevel) {
  config.cpus = 1;  // another would carry the request on meanwhile
  expect_no_bugcheck([&] {
    start();
    KIRQL seen = HIGH_LEVEL;
    function.on_power = [&](PnpDriver& self, PIRP irp) {
      seen = KeGetCurrentIrql();
      return self.pass_down(irp);
    };
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD3, &done), STATUS_PENDING);
    EXPECT_EQ(done.calls, 0);
    KeLowerIrql(old);
    sleep_us(100);
    EXPECT_EQ(seen, PASSIVE_LEVEL);
    EXPECT_EQ(done.calls, 1);
  });
}

TEST_F(PnpPower, AStackThatIsNotPagableIsAskedAtTheCallersLevel) {
  expect_no_bugcheck([&] {
    start();
    KIRQL seen = PASSIVE_LEVEL;
    for (PnpDriver* driver : {&lower, &function, &upper}) {
      driver->device->Flags &= ~static_cast<ULONG>(DO_POWER_PAGABLE);
    }
    function.on_power = [&](PnpDriver& self, PIRP irp) {
      seen = KeGetCurrentIrql();
      return self.pass_down(irp);
    };
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    request(IRP_MN_SET_POWER, PowerDeviceD3, &done);
    KeLowerIrql(old);
    EXPECT_EQ(seen, DISPATCH_LEVEL);
    EXPECT_EQ(done.calls, 1);
  });
}

TEST_F(PnpPower, OneDeviceRequestAtATimeInOrder) {
  expect_no_bugcheck([&] {
    start();
    PIRP held = nullptr;
    lower.on_power = [&](PnpDriver& self, PIRP irp) -> NTSTATUS {
      if (held != nullptr) return self.pass_down(irp);
      IoMarkIrpPending(irp);
      held = irp;
      return STATUS_PENDING;
    };
    Done second, third;
    request(IRP_MN_SET_POWER, PowerDeviceD3, &done);
    EXPECT_EQ(request(IRP_MN_QUERY_POWER, PowerDeviceD3, &second), STATUS_PENDING);
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD0, &third), STATUS_PENDING);
    EXPECT_EQ(noted(), (Log{"upper.set_D3", "function.set_D3", "lower.set_D3"}));  // the others wait their turn
    done.then = [&] { EXPECT_EQ(second.calls, 0); };
    second.then = [&] { EXPECT_EQ(third.calls, 0); };
    complete(held, STATUS_DEVICE_BUSY);
    sleep_us(500);  // from a completion routine at DISPATCH_LEVEL the next goes by way of a worker
    EXPECT_EQ(done.calls, 1);
    EXPECT_EQ(second.calls, 1);
    EXPECT_EQ(third.calls, 1);
    const Log seen = noted();
    ASSERT_GE(seen.size(), 4u);
    EXPECT_EQ(Log(seen.begin(), seen.begin() + 4),
              (Log{"upper.query_D3", "function.query_D3", "lower.query_D3", "upper.set_D0"}));
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(PnpPower, WaitWakeIsGivenToTheCallerToCancel) {
  expect_no_bugcheck([&] {
    start();
    PIRP held = nullptr;
    lower.on_power = [&](PnpDriver&, PIRP irp) -> NTSTATUS {
      IoMarkIrpPending(irp);
      PDRIVER_CANCEL cancel = [](PDEVICE_OBJECT, PIRP cancelled) NTAPI {
        IoReleaseCancelSpinLock(cancelled->CancelIrql);
        complete(cancelled, STATUS_CANCELLED);
      };
      IoSetCancelRoutine(irp, cancel);
      return STATUS_PENDING;
    };
    POWER_STATE lightest;
    lightest.SystemState = PowerSystemSleeping3;
    EXPECT_EQ(PoRequestPowerIrp(function.device, IRP_MN_WAIT_WAKE, lightest, Done::enter, &done, &held),
              STATUS_PENDING);
    ASSERT_NE(held, nullptr);
    lower.on_power = nullptr;
    Done other;
    request(IRP_MN_SET_POWER, PowerDeviceD3, &other);  // not held up by it
    EXPECT_EQ(other.calls, 1);
    EXPECT_TRUE(IoCancelIrp(held));
    EXPECT_EQ(done.status, STATUS_CANCELLED);
  });
}

TEST_F(PnpPower, V_9F_1_DeletedWithARequestOnItsWay) {
  expect_bugcheck(0x9F, 1, [&] {
    start();
    lower.on_power = [](PnpDriver&, PIRP irp) {
      IoMarkIrpPending(irp);
      return STATUS_PENDING;
    };
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD3, &done), STATUS_PENDING);
    kernel->query_remove_and_remove_device(0);
  });
  EXPECT_EQ(kernel->bugcheck()->parameters[1], reinterpret_cast<std::uintptr_t>(function.device));
}

TEST_F(PnpPower, ARequestThatEndsAfterItsDeviceWasDetachedStillLetsTheNextGo) {
  expect_no_bugcheck([&] {
    start();
    PIRP kept = nullptr;
    lower.on_power = [&](PnpDriver&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      return STATUS_PENDING;
    };
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD3, &done), STATUS_PENDING);
    IoDetachDevice(lower.device);  // function's device is the lowest of its own stack now
    complete(kept, STATUS_DEVICE_BUSY);
    EXPECT_EQ(done.calls, 1);
    IoAttachDeviceToDeviceStack(function.device, lower.device);
    lower.on_power = {};
    EXPECT_EQ(request(IRP_MN_SET_POWER, PowerDeviceD0, &done), STATUS_PENDING);
    EXPECT_EQ(done.calls, 2);
  });
}

TEST_F(PnpPower, NothingWakesThisMachine) {
  expect_no_bugcheck([&] {
    start();
    POWER_STATE lightest;
    lightest.SystemState = PowerSystemSleeping3;
    EXPECT_EQ(PoRequestPowerIrp(function.device, IRP_MN_WAIT_WAKE, lightest, Done::enter, &done, nullptr),
              STATUS_PENDING);
    EXPECT_EQ(done.status, STATUS_NOT_SUPPORTED);
  });
}

TEST_F(PnpPower, SetPowerStateReturnsTheStateBefore) {
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(PoSetPowerState(function.device, DevicePowerState, device_state(PowerDeviceD0)).DeviceState,
              PowerDeviceUnspecified);
    EXPECT_EQ(PoSetPowerState(function.device, DevicePowerState, device_state(PowerDeviceD3)).DeviceState,
              PowerDeviceD0);
    EXPECT_EQ(PoSetPowerState(function.device, DevicePowerState, device_state(PowerDeviceD0)).DeviceState,
              PowerDeviceD3);
    POWER_STATE system;
    system.SystemState = PowerSystemSleeping3;
    PoSetPowerState(function.device, SystemPowerState, system);
    system.SystemState = PowerSystemWorking;
    EXPECT_EQ(PoSetPowerState(function.device, SystemPowerState, system).SystemState, PowerSystemSleeping3);
  });
}

TEST_F(PnpPower, TheSystemAsksEveryDeviceThenTellsIt) {
  expect_no_bugcheck([&] {
    start();
    for (unsigned state = 1; state <= 4; ++state) {
      EXPECT_EQ(kernel->set_system_power(state), STATUS_SUCCESS);
      const std::string s = text("S", state == 4 ? PowerSystemHibernate - PowerSystemWorking : state);
      EXPECT_EQ(noted(), (Log{"upper.query_" + s, "function.query_" + s, "lower.query_" + s, "upper.set_" + s,
                              "function.set_" + s, "lower.set_" + s}));
      EXPECT_EQ(kernel->set_system_power(state == 4 ? 1 : state + 1), STATUS_INVALID_DEVICE_STATE);
      EXPECT_EQ(kernel->set_system_power(0), STATUS_SUCCESS);
      EXPECT_EQ(noted(), (Log{"upper.set_S0", "function.set_S0", "lower.set_S0"}));
    }
    EXPECT_EQ(kernel->set_system_power(5), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(kernel->set_system_power(0), STATUS_SUCCESS);
    EXPECT_TRUE(noted().empty());
  });
}

TEST_F(PnpPower, ARefusalKeepsTheSystemRunning) {
  expect_no_bugcheck([&] {
    start();
    function.power_fails[IRP_MN_QUERY_POWER] = STATUS_DEVICE_BUSY;
    EXPECT_EQ(kernel->set_system_power(3), STATUS_DEVICE_BUSY);
    EXPECT_EQ(noted(), (Log{"upper.query_S3", "function.query_S3", "upper.set_S0", "function.set_S0", "lower.set_S0"}));
    function.power_fails.clear();
    EXPECT_EQ(kernel->set_system_power(3), STATUS_SUCCESS);
  });
}

/// A power policy owner: the device follows the system before the system request goes on.
TEST_F(PnpPower, APolicyOwnerTakesItsDeviceAlong) {
  expect_no_bugcheck([&] {
    start();
    static PIRP system_irp = nullptr;
    function.on_power = [&](PnpDriver& self, PIRP irp) -> NTSTATUS {
      PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
      if (location->Parameters.Power.Type == DevicePowerState || location->MinorFunction != IRP_MN_SET_POWER) {
        return self.pass_down(irp);
      }
      IoMarkIrpPending(irp);
      system_irp = irp;
      const bool on = location->Parameters.Power.State.SystemState == PowerSystemWorking;
      PREQUEST_POWER_COMPLETE forward = [](PDEVICE_OBJECT device, UCHAR, POWER_STATE, PVOID, PIO_STATUS_BLOCK) NTAPI {
        IoCopyCurrentIrpStackLocationToNext(system_irp);
        PoCallDriver(of(device).lower, system_irp);
      };
      PoRequestPowerIrp(self.device, IRP_MN_SET_POWER, device_state(on ? PowerDeviceD0 : PowerDeviceD3), forward,
                        nullptr, nullptr);
      return STATUS_PENDING;
    };
    EXPECT_EQ(kernel->set_system_power(3), STATUS_SUCCESS);
    const Log seen = noted();
    EXPECT_EQ(Log(seen.begin() + 3, seen.end()), (Log{"upper.set_S3", "function.set_S3", "upper.set_D3",
                                                      "function.set_D3", "lower.set_D3", "lower.set_S3"}));
    EXPECT_EQ(kernel->set_system_power(0), STATUS_SUCCESS);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(PnpPower, V_C9_231_ASystemRequestNotPassedDown) {
  expect_bugcheck(0xC9, 0x231, [&] {
    start();
    function.on_power = [](PnpDriver&, PIRP irp) { return complete(irp, STATUS_SUCCESS); };
    kernel->set_system_power(3);
  });
}

/// A function with a power management capability at 0x40, as PCI lays it out.
class PnpPowerPci : public PnpPower {
 protected:
  PnpPowerPci() {
    hardware.config_write(0, 0x06, 2, 0x0010);
    hardware.config_write(0, 0x34, 1, 0x50);
    hardware.config_write(0, 0x50, 2, 0x4005);  // another capability first
    hardware.config_write(0, 0x40, 2, 0x0001);
    hardware.config_write(0, 0x10, 4, 0xF0000000);
    hardware.config_write(0, 0x3C, 1, 0x10);
  }
  unsigned level() { return hardware.config_read(0, 0x44, 2) & 3; }
};

TEST_F(PnpPowerPci, TheFunctionIsPutIntoTheStateAndItsConfigurationKept) {
  expect_no_bugcheck([&] {
    start();
    const unsigned command = hardware.config_read(0, 0x04, 2);
    EXPECT_EQ(command & 6, 6u);
    request(IRP_MN_SET_POWER, PowerDeviceD3, nullptr);
    EXPECT_EQ(level(), 3u);
    // What a function loses in D3.
    hardware.config_write(0, 0x04, 2, 0);
    hardware.config_write(0, 0x10, 4, 0);
    hardware.config_write(0, 0x3C, 1, 0);
    request(IRP_MN_SET_POWER, PowerDeviceD0, nullptr);
    EXPECT_EQ(level(), 0u);
    EXPECT_EQ(hardware.config_read(0, 0x04, 2), command);
    EXPECT_EQ(hardware.config_read(0, 0x10, 4), 0xF0000000u);
    EXPECT_EQ(hardware.config_read(0, 0x3C, 1), 0x10u);
  });
}

TEST_F(PnpPowerPci, StartedItHasPowerRemovedItHasNone) {
  expect_no_bugcheck([&] {
    load_stack();
    hardware.config_write(0, 0x44, 2, 3);  // as the firmware left it
    DEVICE_POWER_STATE seen = PowerDeviceUnspecified;
    function.on_start = [&](PIO_STACK_LOCATION) {
      EXPECT_EQ(level(), 0u) << "the function driver's START found the device without power";
      seen = PoSetPowerState(function.pdo, DevicePowerState, device_state(PowerDeviceD0)).DeviceState;
    };
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    EXPECT_EQ(seen, PowerDeviceD0);
    const unsigned command = hardware.config_read(0, 0x04, 2);
    EXPECT_EQ(command & 6, 6u);
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
    EXPECT_EQ(level(), 3u);
    // What it loses on its way back to D0.
    hardware.config_write(0, 0x04, 2, 0);
    hardware.config_write(0, 0x10, 4, 0);
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    EXPECT_EQ(level(), 0u);
    EXPECT_EQ(hardware.config_read(0, 0x04, 2), command);
    EXPECT_EQ(hardware.config_read(0, 0x10, 4), 0xF0000000u);
  });
}

TEST_F(PnpPowerPci, IntermediateStates) {
  expect_no_bugcheck([&] {
    start();
    for (DEVICE_POWER_STATE state : {PowerDeviceD1, PowerDeviceD2, PowerDeviceD3, PowerDeviceD0}) {
      request(IRP_MN_SET_POWER, state, nullptr);
      EXPECT_EQ(level(), static_cast<unsigned>(state - PowerDeviceD0));
    }
  });
}

}  // namespace
}  // namespace p2p::test
