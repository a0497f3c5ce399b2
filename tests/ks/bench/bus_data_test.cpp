// What a minidriver reads and writes of its device's configuration space (R-RES-5).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

/// A filter below the minidriver: can hide the bus interface.
struct Below {
  static inline bool hides = false, misdirects = false;
  static inline int reads = 0, writes = 0;
  static inline PDEVICE_OBJECT lower = nullptr;

  static NTSTATUS NTAPI pass(PDEVICE_OBJECT, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
  }
  static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp) { return pass(device, irp); }
  static NTSTATUS NTAPI pnp(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    const UCHAR minor = location->MinorFunction;
    reads += minor == IRP_MN_READ_CONFIG ? 1 : 0;
    writes += minor == IRP_MN_WRITE_CONFIG ? 1 : 0;
    const bool config = minor == IRP_MN_READ_CONFIG || minor == IRP_MN_WRITE_CONFIG;
    if (config && misdirects) location->Parameters.ReadWriteConfig.WhichSpace = 99;
    if (minor == IRP_MN_QUERY_INTERFACE && hides) {
      irp->IoStatus.Status = STATUS_INSUFFICIENT_RESOURCES;
      IoCompleteRequest(irp, IO_NO_INCREMENT);
      return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (minor != IRP_MN_REMOVE_DEVICE) return pass(device, irp);
    const NTSTATUS status = pass(device, irp);
    IoDetachDevice(lower);
    IoDeleteDevice(device);
    return status;
  }
  static NTSTATUS NTAPI add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    PDEVICE_OBJECT device = nullptr;
    const NTSTATUS status = IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status)) return status;
    lower = IoAttachDeviceToDeviceStack(device, pdo);
    device->Flags |= lower->Flags & (DO_POWER_PAGABLE | DO_BUFFERED_IO | DO_DIRECT_IO);
    device->DeviceType = lower->DeviceType;
    device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
    return STATUS_SUCCESS;
  }
  static VOID NTAPI unload(PDRIVER_OBJECT) {}
  static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
    for (PDRIVER_DISPATCH& routine : driver->MajorFunction) routine = pass;
    driver->MajorFunction[IRP_MJ_PNP] = pnp;
    driver->MajorFunction[IRP_MJ_POWER] = power;
    driver->DriverExtension->AddDevice = add;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
  }
};

class BusData : public KsTest {
 protected:
  BusData() {
    Below::hides = false;
    Below::reads = Below::writes = 0;
    Below::misdirects = false;
    driver.configure = [this](SYNTH_TABLES&) {
      EXPECT_EQ(kernel->load_driver("below", reinterpret_cast<void*>(&Below::entry)), STATUS_SUCCESS);
      EXPECT_EQ(kernel->add_filter("below", 0, false), STATUS_SUCCESS);
    };
    driver.add = [this](PKSDEVICE added) {
      device = added;
      return STATUS_SUCCESS;
    };
  }
  /// As expect_clean, but for the lower filter driver, which stays loaded.
  void expect_no_bugcheck(std::function<void()> body) {
    const ntos::BugCheck* bugcheck = run_client(std::move(body));
    ASSERT_EQ(bugcheck, nullptr) << bugcheck->rule << ": " << bugcheck->message;
    EXPECT_TRUE(finished);
    EXPECT_EQ(remove_status, STATUS_SUCCESS);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  }
  ULONG get(PVOID buffer, ULONG offset, ULONG length) { return KsDeviceGetBusData(device, 0, buffer, offset, length); }
  void expect_ids() {
    struct {
      USHORT vendor, product;
    } ids{}, direct{};
    EXPECT_EQ(get(&ids, 0, sizeof ids), sizeof ids);
    EXPECT_NE(ids.vendor, 0u);
    EXPECT_EQ(get(&direct.product, 2, sizeof direct.product), sizeof direct.product);
    EXPECT_EQ(direct.product, ids.product) << "the offset counts";
  }
  /// Writes the cache line size, a register without effect, and reads it back.
  void expect_write() {
    UCHAR line = 0x10;
    EXPECT_EQ(KsDeviceSetBusData(device, 0, &line, 0x0C, 1), 1u);
    line = 0;
    EXPECT_EQ(get(&line, 0x0C, 1), 1u);
    EXPECT_EQ(line, 0x10u);
  }
  PKSDEVICE device = nullptr;
};

TEST_F(BusData, R_RES_5_the_bus_interface_serves_any_irql_up_to_dispatch) {
  expect_no_bugcheck([&] {
    in_system_thread([&] {
      expect_ids();
      expect_write();
    });
    at_dispatch_level([&] { expect_ids(); });
    EXPECT_EQ(Below::reads, 0) << "no request is sent where the bus has an interface";
    ULONG value = 0;
    in_system_thread([&] {
      EXPECT_EQ(get(&value, 254, 4), 2u) << "the bytes there really are";
      EXPECT_EQ(KsDeviceGetBusData(device, 99, &value, 0, 4), 0u) << "no such space";
    });
  });
}

TEST_F(BusData, R_RES_5_without_a_bus_interface_the_bus_driver_is_sent_a_request) {
  Below::hides = true;
  expect_no_bugcheck([&] {
    in_system_thread([&] {
      expect_ids();
      EXPECT_EQ(Below::reads, 2);
      expect_write();
      EXPECT_EQ(Below::writes, 1);
      Below::misdirects = true;
      ULONG value = 0;
      EXPECT_EQ(get(&value, 0, 4), 0u) << "nothing after an error";
    });
  });
}

TEST_F(BusData, R_RES_5_which_is_possible_at_passive_level_only) {
  Below::hides = true;
  expect_ks_violation(0x81009, [&] {
    at_dispatch_level([&] {
      ULONG value = 0;
      get(&value, 0, 4);
    });
  });
}

}  // namespace
}  // namespace p2p::test
