// What a minidriver is told of Plug and Play, and what its answers do (R-PNP-1..6).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

struct Told {
  static inline std::vector<std::string> log;
  static inline NTSTATUS answer = STATUS_SUCCESS;
  static NTSTATUS note(const char* what) {
    log.push_back(what);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    return answer;
  }
  static NTSTATUS NTAPI query_stop(PKSDEVICE, PIRP) { return note("query stop"); }
  static void NTAPI cancel_stop(PKSDEVICE, PIRP) { note("cancel stop"); }
  static void NTAPI stop(PKSDEVICE, PIRP) { note("stop"); }
  static NTSTATUS NTAPI query_remove(PKSDEVICE, PIRP) { return note("query remove"); }
  static void NTAPI cancel_remove(PKSDEVICE, PIRP) { note("cancel remove"); }
  static void NTAPI remove(PKSDEVICE, PIRP) { note("remove"); }
  static NTSTATUS NTAPI query_interface(PKSDEVICE, PIRP) { return note("query interface"); }
};
using Log = std::vector<std::string>;

class DevicePnp : public KsTest {
 protected:
  DevicePnp() {
    Told::log.clear();
    Told::answer = STATUS_SUCCESS;
    driver.configure = [this](SYNTH_TABLES& tables) {
      KSDEVICE_DISPATCH& dispatch = *tables.DeviceDispatch;
      dispatch.QueryStop = Told::query_stop;
      dispatch.CancelStop = Told::cancel_stop;
      dispatch.QueryRemove = Told::query_remove;
      dispatch.CancelRemove = Told::cancel_remove;
      dispatch.QueryInterface = Told::query_interface;
      tables.Device->Version = version;
    };
  }
  /// IRP_MN_QUERY_INTERFACE to the device of the open pin.
  NTSTATUS ask_for_interface(PDEVICE_OBJECT device) {
    NTSTATUS status = -1;
    in_system_thread([&] {
      static const GUID id = SYNTH_METHODSET;
      INTERFACE answer{};
      KEVENT done;
      KeInitializeEvent(&done, NotificationEvent, FALSE);
      IO_STATUS_BLOCK iosb{};
      PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device, nullptr, 0, nullptr, &done, &iosb);
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
      next->MinorFunction = IRP_MN_QUERY_INTERFACE;
      next->Parameters.QueryInterface.InterfaceType = &id;
      next->Parameters.QueryInterface.Size = sizeof answer;
      next->Parameters.QueryInterface.Version = 1;
      next->Parameters.QueryInterface.Interface = &answer;
      status = IoCallDriver(device, irp);
      if (status != STATUS_PENDING) return;
      wait_for(&done);
      status = iosb.Status;
    });
    return status;
  }
  ULONG version = 0;
};

TEST_F(DevicePnp, R_PNP_6_a_refused_stop_is_cancelled_and_an_accepted_one_stops) {
  expect_clean([&] {
    in_system_thread([&] {
      Told::answer = STATUS_DEVICE_BUSY;
      EXPECT_EQ(kernel->stop_device(0), STATUS_DEVICE_BUSY);
      EXPECT_EQ(Told::log, (Log{"query stop", "cancel stop"}));
      Told::answer = STATUS_SUCCESS;
      EXPECT_EQ(kernel->stop_device(0), STATUS_SUCCESS);
      EXPECT_EQ(driver.count(SynthDeviceStop), 1u);
      EXPECT_EQ(kernel->restart_device(0), STATUS_SUCCESS);
    });
  });
}

TEST_F(DevicePnp, R_PNP_6_a_refused_removal_leaves_the_device_as_it_is) {
  expect_clean([&] {
    in_system_thread([&] {
      Told::answer = STATUS_DEVICE_BUSY;
      EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_DEVICE_BUSY);
      EXPECT_EQ(Told::log, (Log{"query remove", "cancel remove"}));
      Told::answer = STATUS_SUCCESS;
    });
    Connection c;
  });
}

TEST_F(DevicePnp, R_PNP_1_query_interface_is_not_called_where_the_descriptor_is_older_than_it) {
  expect_clean([&] {
    Connection c;
    PKSDEVICE device = KsGetDevice(driver.last(SynthPinCreate)->object);
    EXPECT_FALSE(NT_SUCCESS(ask_for_interface(device->FunctionalDeviceObject)));
    EXPECT_EQ(Told::log, Log{});
  });
}

TEST_F(DevicePnp, R_PNP_1_query_interface_is_called_where_the_descriptor_knows_it) {
  version = KSDEVICE_DESCRIPTOR_VERSION;
  expect_clean([&] {
    Connection c;
    PKSDEVICE device = KsGetDevice(driver.last(SynthPinCreate)->object);
    Told::answer = STATUS_DEVICE_BUSY;
    EXPECT_EQ(ask_for_interface(device->FunctionalDeviceObject), STATUS_DEVICE_BUSY);
    EXPECT_EQ(Told::log, Log{"query interface"});
    Told::answer = STATUS_SUCCESS;
  });
}

TEST_F(DevicePnp, R_PNP_2_an_add_that_fails_leaves_no_device) {
  driver.add = [](PKSDEVICE) -> NTSTATUS { return STATUS_INSUFFICIENT_RESOURCES; };
  const ntos::BugCheck* bugcheck = run_client([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_OBJECT_NAME_NOT_FOUND);
  });
  EXPECT_EQ(bugcheck, nullptr) << bugcheck->message;
  EXPECT_EQ(start_status, STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(driver.count(SynthDeviceStart), 0u);
  EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 0u);
}

TEST_F(DevicePnp, R_PNP_2_pending_is_no_answer_to_add) {
  driver.add = [](PKSDEVICE) -> NTSTATUS { return STATUS_PENDING; };
  expect_ks_violation(0x81005, [] {});
}

TEST_F(DevicePnp, R_PNP_4_creates_wait_for_the_end_of_post_start) {
  bool over = false;
  driver.post_start = [&](PKSDEVICE) {
    sleep_us(5000);
    over = true;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    EXPECT_FALSE(over);  // START did not wait for it
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
    EXPECT_TRUE(over);
  });
}

TEST_F(DevicePnp, R_PNP_4_a_post_start_that_fails_makes_creates_fail_until_a_stop) {
  driver.post_start = [](PKSDEVICE) -> NTSTATUS { return STATUS_UNSUCCESSFUL; };
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_DEVICE_NOT_READY);
    driver.post_start = {};
    in_system_thread([&] {
      EXPECT_EQ(kernel->stop_device(0), STATUS_SUCCESS);
      EXPECT_EQ(kernel->restart_device(0), STATUS_SUCCESS);
    });
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
  });
}

}  // namespace
}  // namespace p2p::test
