// Devices on the root bus: no hardware announces them, and they have no resources.
#include "tests/ntos/pnp_driver.h"

#include <wdmguid.h>

namespace p2p::test {
namespace {

using PnpRoot = PnpTest;

TEST_F(PnpRoot, ADeviceStartsWithoutResourcesAndGoesAgain) {
  PnpDriver driver("root");
  bool null_lists = false;
  driver.on_start = [&](PIO_STACK_LOCATION location) {
    null_lists = location->Parameters.StartDevice.AllocatedResources == nullptr &&
                 location->Parameters.StartDevice.AllocatedResourcesTranslated == nullptr;
  };
  expect_no_bugcheck([&] {
    load(driver);
    ASSERT_EQ(kernel->start_device("root", ntos::kRootDevice), STATUS_SUCCESS);
    EXPECT_TRUE(null_lists) << "a device that needs nothing was given resources";
    EXPECT_EQ(pnp::pdo_function(driver.pdo), static_cast<int>(ntos::kRootDevice));
    EXPECT_EQ(pnp::existing_pdo_of(0), nullptr) << "the chip's function has nothing to do with it";
    EXPECT_EQ(kernel->query_remove_and_remove_device(ntos::kRootDevice), STATUS_SUCCESS);
    EXPECT_EQ(pnp::existing_pdo_of(ntos::kRootDevice), nullptr);
  });
}

TEST_F(PnpRoot, TheBusSaysWhoItsDeviceIs) {
  PnpDriver driver("root");
  expect_no_bugcheck([&] {
    load(driver);
    ASSERT_EQ(kernel->start_device("root", ntos::kRootDevice), STATUS_SUCCESS);
    char16_t name[32] = {};
    ULONG bytes = 0;
    EXPECT_EQ(IoGetDeviceProperty(driver.pdo, DevicePropertyEnumeratorName, sizeof name, name, &bytes), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(name), u"ROOT");
    EXPECT_EQ(IoGetDeviceProperty(driver.pdo, DevicePropertyHardwareID, sizeof name, name, &bytes), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(name), u"ROOT\\MEDIA");
    EXPECT_EQ(IoGetDeviceProperty(driver.pdo, DevicePropertyAddress, sizeof name, name, &bytes),
              STATUS_OBJECT_NAME_NOT_FOUND);
    DEVICE_DESCRIPTION description = {};
    description.Version = DEVICE_DESCRIPTION_VERSION;
    description.Master = TRUE;
    description.InterfaceType = PCIBus;
    description.MaximumLength = PAGE_SIZE;
    ULONG registers = 0;
    EXPECT_EQ(IoGetDmaAdapter(driver.pdo, &description, &registers), nullptr) << "no bus master without a bus";
    EXPECT_EQ(kernel->query_remove_and_remove_device(ntos::kRootDevice), STATUS_SUCCESS);
  });
}

}  // namespace
}  // namespace p2p::test
