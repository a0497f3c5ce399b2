// PnP and power operations on a device come one after the other, whoever asks for them.
#include "tests/ntos/pnp_driver.h"

namespace p2p::test {
namespace {

class PnpSerial : public PnpStackTest {
 protected:
  /// The function driver takes its time over `minor`.
  void make_slow(UCHAR minor) {
    function.on_pnp = [minor](UCHAR now) {
      if (now == minor) sleep_us(100);
    };
  }
};

TEST_F(PnpSerial, ARemovalWaitsForASurpriseRemoval) {
  expect_no_bugcheck([&] {
    start();
    make_slow(IRP_MN_SURPRISE_REMOVAL);
    NTSTATUS second = STATUS_SUCCESS;
    spawn("second", [&] {
      sleep_us(20);
      second = kernel->query_remove_and_remove_device(0);
    });
    EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_SUCCESS);
    sleep_us(500);
    EXPECT_EQ(second, STATUS_NO_SUCH_DEVICE);
    EXPECT_EQ(noted(), (Log{"upper.surprise", "function.surprise", "lower.surprise", "upper.remove", "function.remove",
                            "lower.remove"}));
  });
}

TEST_F(PnpSerial, ADeviceThatFailsDuringItsStartIsAskedAfterwards) {
  expect_no_bugcheck([&] {
    load_stack();
    static bool failed = false;
    function.on_start = [&](PIO_STACK_LOCATION) {
      function.driver->MajorFunction[IRP_MJ_PNP] = [](PDEVICE_OBJECT device, PIRP irp) NTAPI -> NTSTATUS {
        if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_QUERY_PNP_DEVICE_STATE && failed) {
          irp->IoStatus.Information |= PNP_DEVICE_FAILED;
          irp->IoStatus.Status = STATUS_SUCCESS;
        }
        return PnpSerial::pnp(device, irp);
      };
      failed = true;
      IoInvalidateDeviceState(function.pdo);
      sleep_us(100);  // time enough for a worker
    };
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    sleep_us(500);
    const Log seen = noted();
    ASSERT_EQ(seen.size(), 15u) << ::testing::PrintToString(seen);
    EXPECT_EQ(seen[8], "upper.started");
    EXPECT_EQ(seen[9], "upper.surprise");
  });
}

TEST_F(PnpSerial, TheSystemSleepsOnlyAfterARemovalAndLeavesTheDeviceOut) {
  expect_no_bugcheck([&] {
    start();
    make_slow(IRP_MN_QUERY_REMOVE_DEVICE);
    NTSTATUS second = STATUS_PENDING;
    spawn("second", [&] {
      sleep_us(20);
      second = kernel->set_system_power(3);
    });
    EXPECT_EQ(kernel->query_remove_and_remove_device(0), STATUS_SUCCESS);
    sleep_us(500);
    EXPECT_EQ(second, STATUS_SUCCESS);
    EXPECT_EQ(noted(), (Log{"upper.query_remove", "function.query_remove", "lower.query_remove", "upper.remove",
                            "function.remove", "lower.remove"}));
  });
}

TEST_F(PnpSerial, AHandleClosedDuringAnOperationRemovesTheDeviceAfterwards) {
  expect_no_bugcheck([&] {
    start();
    const nt::Handle file = open();
    make_slow(IRP_MN_SURPRISE_REMOVAL);
    spawn("closer", [&] {
      sleep_us(20);
      nt::close(file);
    });
    EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_SUCCESS);
    sleep_us(500);
    EXPECT_EQ(noted(), (Log{"upper.surprise", "function.surprise", "lower.surprise", "upper.remove", "function.remove",
                            "lower.remove"}));
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr);
  });
}

}  // namespace
}  // namespace p2p::test
