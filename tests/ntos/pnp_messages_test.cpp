// Messages as the PnP manager assigns them: the registry asks for them (R-RES-3), the function is told.
#include "tests/ntos/pnp_driver.h"

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/pnp/resources.h"

namespace p2p::test {
namespace {

constexpr unsigned kCapability = 0x50;

/// A function with an MSI capability that asks for 2^`log2_asked` messages.
class PnpMessages : public PnpTest {
 protected:
  void add_capability(unsigned log2_asked) {
    hardware.config_write(0, 0x06, 2, 0x10);
    hardware.config_write(0, 0x34, 1, kCapability);
    hardware.config_write(0, kCapability, 4, 0x00800005u | log2_asked << 17);
  }
  void set(const char* name, std::uint32_t value) {
    config.registry.push_back({"device\\Interrupt Management\\MessageSignaledInterruptProperties", name, value});
  }
  /// Starts the device; what its function driver was given.
  void start() {
    function.on_start = [this](PIO_STACK_LOCATION location) {
      raw = interrupt_of(location->Parameters.StartDevice.AllocatedResources);
      translated = interrupt_of(location->Parameters.StartDevice.AllocatedResourcesTranslated);
    };
    load_stack();
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
  }
  static CM_PARTIAL_RESOURCE_DESCRIPTOR interrupt_of(PCM_RESOURCE_LIST list) {
    const CM_PARTIAL_RESOURCE_DESCRIPTOR* descriptors = list->List[0].PartialResourceList.PartialDescriptors;
    return descriptors[1];
  }
  std::uint32_t control() { return hardware.config_read(0, kCapability + 2, 2); }
  std::uint32_t data() { return hardware.config_read(0, kCapability + 12, 2); }

  CM_PARTIAL_RESOURCE_DESCRIPTOR raw = {}, translated = {};
};

TEST_F(PnpMessages, R_RES_3_MessagesAreOneLatchedDescriptor) {
  add_capability(2);
  set("MSISupported", 1);
  expect_no_bugcheck([&] {
    start();
    for (const auto& descriptor : {raw, translated}) {
      EXPECT_EQ(descriptor.Type, CmResourceTypeInterrupt);
      EXPECT_EQ(descriptor.Flags, CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE);
    }
    EXPECT_EQ(raw.u.MessageInterrupt.Raw.MessageCount, 4u);
    EXPECT_EQ(raw.u.MessageInterrupt.Raw.Vector, kFirstMessageVector);
    EXPECT_EQ(translated.u.MessageInterrupt.Translated.Level, ke::kDeviceIrql);
    EXPECT_EQ(translated.u.MessageInterrupt.Translated.Vector, kFirstMessageVector);
    EXPECT_NE(translated.u.MessageInterrupt.Translated.Affinity, 0u);
  });
  EXPECT_EQ(hardware.config_read(0, kCapability + 4, 4), kMessageWindow);
  EXPECT_EQ(hardware.config_read(0, kCapability + 8, 4), 0u);
  EXPECT_EQ(data(), kFirstMessageVector);
  EXPECT_EQ(control(), 0x80u | 2u << 1 | 2u << 4 | 1u) << "four asked for, four given, on";
}

TEST_F(PnpMessages, R_RES_3_TheLimitOfTheRegistryIsObeyed) {
  add_capability(3);
  set("MSISupported", 1);
  set("MessageNumberLimit", 3);
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(raw.u.MessageInterrupt.Raw.MessageCount, 2u) << "a power of two";
  });
}

TEST_F(PnpMessages, R_RES_3_WhereTheRegistryDoesNotAskTheLineIsAssigned) {
  add_capability(0);
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(translated.Flags, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE);
    EXPECT_EQ(translated.u.Interrupt.Vector, FakeHardware::kLine);
  });
  EXPECT_EQ(control() & 1, 0u);
}

TEST_F(PnpMessages, R_RES_3_AFunctionThatCannotGetsItsLine) {
  set("MSISupported", 1);
  expect_no_bugcheck([&] {
    start();
    EXPECT_EQ(translated.u.Interrupt.Vector, FakeHardware::kLine);
  });
}

TEST_F(PnpMessages, R_RES_3_TheDriverIsAskedAboutItsMessages) {
  add_capability(1);
  set("MSISupported", 1);
  expect_no_bugcheck([&] {
    PIO_RESOURCE_REQUIREMENTS_LIST list = nullptr;
    start();
    list = pnp::resource_requirements(0);
    ASSERT_NE(list, nullptr);
    const IO_RESOURCE_DESCRIPTOR* descriptors = list->List[0].Descriptors;
    const IO_RESOURCE_DESCRIPTOR& interrupt = descriptors[1];
    EXPECT_EQ(interrupt.Flags, CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE);
    EXPECT_EQ(interrupt.u.Interrupt.MaximumVector, CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN);
    EXPECT_EQ(interrupt.u.Interrupt.MinimumVector, CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - 1);
    ExFreePool(list);
  });
}

}  // namespace
}  // namespace p2p::test
