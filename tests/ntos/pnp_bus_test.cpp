// What the PCI bus driver answers: rule R-RES-4 and the queries of the PnP manager and of drivers.
#include "tests/ntos/pnp_driver.h"

#include <wdmguid.h>

#include <cstring>

#include "sw/ntos/hal/dma_adapter.h"

namespace p2p::test {
namespace {

class PnpBus : public PnpTest {
 protected:
  /// Sends a PnP request to the PDO alone.
  NTSTATUS ask(UCHAR minor, const std::function<void(PIO_STACK_LOCATION)>& fill, ULONG_PTR* answer = nullptr) {
    return pnp::send_pnp(pnp::pdo_of(0), minor, fill, answer);
  }
  std::u16string id(BUS_QUERY_ID_TYPE type) {
    ULONG_PTR answer = 0;
    EXPECT_EQ(ask(
                  IRP_MN_QUERY_ID, [=](PIO_STACK_LOCATION l) { l->Parameters.QueryId.IdType = type; }, &answer),
              STATUS_SUCCESS);
    return take_text(answer);
  }
  static std::u16string take_text(ULONG_PTR answer) {
    std::u16string text_given(reinterpret_cast<char16_t*>(answer));
    ExFreePool(reinterpret_cast<PVOID>(answer));
    return text_given;
  }
};

TEST_F(PnpBus, R_RES_4_BusInterfaceReadsAndWritesConfigurationSpace) {
  expect_no_bugcheck([&] {
    BUS_INTERFACE_STANDARD bus = {};
    auto query = [&](USHORT size) {
      return ask(IRP_MN_QUERY_INTERFACE, [&](PIO_STACK_LOCATION location) {
        location->Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
        location->Parameters.QueryInterface.Size = size;
        location->Parameters.QueryInterface.Version = 1;
        location->Parameters.QueryInterface.Interface = reinterpret_cast<PINTERFACE>(&bus);
      });
    };
    EXPECT_EQ(query(sizeof bus - 1), STATUS_INVALID_PARAMETER);
    ASSERT_EQ(query(sizeof bus), STATUS_SUCCESS);
    EXPECT_EQ(bus.Size, sizeof bus);
    std::uint8_t bytes[8] = {};
    EXPECT_EQ(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, bytes, 0, 4), 4u);
    EXPECT_EQ(bytes[0], 0x34);
    EXPECT_EQ(bytes[3], 0x56);
    const std::uint8_t value[3] = {1, 2, 3};
    EXPECT_EQ(bus.SetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, const_cast<std::uint8_t*>(value), 0x41, 3), 3u);
    EXPECT_EQ(hardware.config_read(0, 0x40, 4), 0x03020100u);
    EXPECT_EQ(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, bytes, 0xFE, 8), 2u);  // up to the end
    EXPECT_EQ(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, bytes, 0x100, 1), 0u);
    EXPECT_EQ(bus.GetBusData(bus.Context, 1, bytes, 0, 4), 0u);  // there is no ROM
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, bytes, 0, 2), 2u);
    KeLowerIrql(old);
    PHYSICAL_ADDRESS at, translated;
    at.QuadPart = FakeHardware::kBar0;
    ULONG space = 0;
    EXPECT_TRUE(bus.TranslateBusAddress(bus.Context, at, 4, &space, &translated));
    EXPECT_EQ(translated.QuadPart, at.QuadPart);
    bus.InterfaceReference(bus.Context);
    bus.InterfaceDereference(bus.Context);
    bus.InterfaceDereference(bus.Context);
  });
}

TEST_F(PnpBus, R_RES_4_AnUnknownInterfaceIsNotSupported) {
  expect_no_bugcheck([&] {
    INTERFACE interface_ = {};
    EXPECT_EQ(ask(IRP_MN_QUERY_INTERFACE,
                  [&](PIO_STACK_LOCATION location) {
                    location->Parameters.QueryInterface.InterfaceType = &GUID_ACPI_INTERFACE_STANDARD;
                    location->Parameters.QueryInterface.Size = sizeof interface_;
                    location->Parameters.QueryInterface.Interface = &interface_;
                  }),
              STATUS_NOT_SUPPORTED);
  });
}

TEST_F(PnpBus, R_RES_4_ReadAndWriteConfigRequests) {
  expect_no_bugcheck([&] {
    std::uint8_t bytes[4] = {9, 8, 7, 6};
    auto access = [&](ULONG space) {
      return [&, space](PIO_STACK_LOCATION location) {
        location->Parameters.ReadWriteConfig.WhichSpace = space;
        location->Parameters.ReadWriteConfig.Buffer = bytes;
        location->Parameters.ReadWriteConfig.Offset = 0x48;
        location->Parameters.ReadWriteConfig.Length = 4;
      };
    };
    ULONG_PTR done = 0;
    EXPECT_EQ(ask(IRP_MN_WRITE_CONFIG, access(0), &done), STATUS_SUCCESS);
    EXPECT_EQ(done, 4u);
    EXPECT_EQ(hardware.config_read(0, 0x48, 4), 0x06070809u);
    std::memset(bytes, 0, 4);
    EXPECT_EQ(ask(IRP_MN_READ_CONFIG, access(0), &done), STATUS_SUCCESS);
    EXPECT_EQ(bytes[0], 9);
    EXPECT_EQ(ask(IRP_MN_READ_CONFIG, access(2), &done), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(PnpBus, CapabilitiesMapSystemStatesToDeviceStates) {
  expect_no_bugcheck([&] {
    DEVICE_CAPABILITIES capabilities = {};
    capabilities.Size = sizeof capabilities;
    capabilities.Version = 1;
    capabilities.Address = capabilities.UINumber = ~ULONG{0};
    EXPECT_EQ(ask(IRP_MN_QUERY_CAPABILITIES,
                  [&](PIO_STACK_LOCATION l) { l->Parameters.DeviceCapabilities.Capabilities = &capabilities; }),
              STATUS_SUCCESS);
    EXPECT_EQ(capabilities.DeviceState[PowerSystemWorking], PowerDeviceD0);
    for (int state : {PowerSystemSleeping1, PowerSystemSleeping2, PowerSystemSleeping3, PowerSystemHibernate,
                      PowerSystemShutdown}) {
      EXPECT_EQ(capabilities.DeviceState[state], PowerDeviceD3);
    }
    EXPECT_EQ(capabilities.Address, 0u);
    EXPECT_EQ(capabilities.UINumber, ~ULONG{0});  // not the bus's to know
    EXPECT_EQ(capabilities.SystemWake, PowerSystemUnspecified);
  });
}

struct BadCapabilities {
  const char* name;
  std::uint64_t sub_code;
  std::function<void(DEVICE_CAPABILITIES&)> spoil;
};
class PnpBusCapabilities : public PnpBus, public ::testing::WithParamInterface<BadCapabilities> {};
TEST_P(PnpBusCapabilities, V_C9_233_to_236_NotInitialised) {
  expect_bugcheck(0xC9, GetParam().sub_code, [&] {
    DEVICE_CAPABILITIES capabilities = {};
    capabilities.Size = sizeof capabilities;
    capabilities.Version = 1;
    capabilities.Address = capabilities.UINumber = ~ULONG{0};
    GetParam().spoil(capabilities);
    ask(IRP_MN_QUERY_CAPABILITIES,
        [&](PIO_STACK_LOCATION l) { l->Parameters.DeviceCapabilities.Capabilities = &capabilities; });
  });
}
INSTANTIATE_TEST_SUITE_P(
    All, PnpBusCapabilities,
    ::testing::Values(BadCapabilities{"Version", 0x233, [](DEVICE_CAPABILITIES& c) { c.Version = 0; }},
                      BadCapabilities{"Size", 0x234, [](DEVICE_CAPABILITIES& c) { c.Size = 0; }},
                      BadCapabilities{"Address", 0x235, [](DEVICE_CAPABILITIES& c) { c.Address = 0; }},
                      BadCapabilities{"UINumber", 0x236, [](DEVICE_CAPABILITIES& c) { c.UINumber = 0; }}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(PnpBus, TargetRelationIsTheReferencedPdoAndThereAreNoChildren) {
  expect_no_bugcheck([&] {
    ULONG_PTR answer = 0;
    auto relations_of = [&](DEVICE_RELATION_TYPE type) {
      return ask(
          IRP_MN_QUERY_DEVICE_RELATIONS, [=](PIO_STACK_LOCATION l) { l->Parameters.QueryDeviceRelations.Type = type; },
          &answer);
    };
    ASSERT_EQ(relations_of(TargetDeviceRelation), STATUS_SUCCESS);
    auto* relations = reinterpret_cast<PDEVICE_RELATIONS>(answer);
    EXPECT_EQ(relations->Count, 1u);
    EXPECT_EQ(relations->Objects[0], pnp::pdo_of(0));
    ObDereferenceObject(relations->Objects[0]);
    ExFreePool(relations);
    EXPECT_EQ(relations_of(BusRelations), STATUS_NOT_SUPPORTED);
  });
}

TEST_F(PnpBus, BusInformationSaysPci) {
  expect_no_bugcheck([&] {
    ULONG_PTR answer = 0;
    ASSERT_EQ(ask(IRP_MN_QUERY_BUS_INFORMATION, {}, &answer), STATUS_SUCCESS);
    auto* information = reinterpret_cast<PPNP_BUS_INFORMATION>(answer);
    EXPECT_EQ(std::memcmp(&information->BusTypeGuid, &GUID_BUS_TYPE_PCI, sizeof(GUID)), 0);
    EXPECT_EQ(information->LegacyBusType, PCIBus);
    EXPECT_EQ(information->BusNumber, 0u);
    ExFreePool(information);
  });
}

TEST_F(PnpBus, IdsAsWindowsSpellsThem) {
  expect_no_bugcheck([&] {
    hardware.config_write(0, 0x2C, 4, 0xABCD1234);
    EXPECT_EQ(id(BusQueryDeviceID), u"PCI\\VEN_1234&DEV_5678&SUBSYS_ABCD1234&REV_01");
    EXPECT_EQ(id(BusQueryHardwareIDs), u"PCI\\VEN_1234&DEV_5678&SUBSYS_ABCD1234&REV_01");
    EXPECT_EQ(id(BusQueryCompatibleIDs), u"PCI\\VEN_1234&DEV_5678&REV_01");
    EXPECT_EQ(id(BusQueryInstanceID), u"00");
    EXPECT_EQ(ask(IRP_MN_QUERY_ID, [](PIO_STACK_LOCATION l) { l->Parameters.QueryId.IdType = BusQueryContainerID; }),
              STATUS_NOT_SUPPORTED);
  });
}

TEST_F(PnpBus, ListsOfIdsEndWithAnEmptyOne) {
  expect_no_bugcheck([&] {
    ULONG_PTR answer = 0;
    ask(
        IRP_MN_QUERY_ID, [](PIO_STACK_LOCATION l) { l->Parameters.QueryId.IdType = BusQueryHardwareIDs; }, &answer);
    std::vector<std::u16string> ids;
    for (auto* at = reinterpret_cast<char16_t*>(answer); *at != 0; at += ids.back().size() + 1) ids.emplace_back(at);
    EXPECT_EQ(ids.size(), 4u);
    EXPECT_EQ(ids[2], u"PCI\\VEN_1234&DEV_5678&CC_048000");
    EXPECT_EQ(ids[3], u"PCI\\VEN_1234&DEV_5678&CC_0480");
    ExFreePool(reinterpret_cast<PVOID>(answer));
  });
}

TEST_F(PnpBus, TextAndResources) {
  expect_no_bugcheck([&] {
    ULONG_PTR answer = 0;
    EXPECT_EQ(
        ask(
            IRP_MN_QUERY_DEVICE_TEXT,
            [](PIO_STACK_LOCATION l) { l->Parameters.QueryDeviceText.DeviceTextType = DeviceTextLocationInformation; },
            &answer),
        STATUS_SUCCESS);
    EXPECT_EQ(take_text(answer), u"PCI bus 0, device 0, function 0");
    ASSERT_EQ(ask(IRP_MN_QUERY_RESOURCES, {}, &answer), STATUS_SUCCESS);
    auto* resources = reinterpret_cast<PCM_RESOURCE_LIST>(answer);
    EXPECT_EQ(static_cast<std::uint64_t>(
                  resources->List[0].PartialResourceList.PartialDescriptors[0].u.Memory.Start.QuadPart),
              FakeHardware::kBar0);
    ExFreePool(resources);
    ASSERT_EQ(ask(IRP_MN_QUERY_RESOURCE_REQUIREMENTS, {}, &answer), STATUS_SUCCESS);
    auto* requirements = reinterpret_cast<PIO_RESOURCE_REQUIREMENTS_LIST>(answer);
    EXPECT_EQ(requirements->AlternativeLists, 1u);
    EXPECT_EQ(requirements->List[0].Count, 2u);
    EXPECT_EQ(requirements->List[0].Descriptors[0].u.Memory.Length, FakeHardware::kBar0Bytes);
    ExFreePool(requirements);
  });
}

TEST_F(PnpBus, AQueryItDoesNotKnowKeepsItsStatus) {
  expect_no_bugcheck([&] {
    EXPECT_EQ(ask(IRP_MN_QUERY_LEGACY_BUS_INFORMATION, {}), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(ask(IRP_MN_EJECT, {}), STATUS_NOT_SUPPORTED);
  });
}

TEST_F(PnpBus, PropertiesOfThePdo) {
  expect_no_bugcheck([&] {
    PDEVICE_OBJECT pdo = pnp::pdo_of(0);
    char16_t name[64] = {};
    ULONG needed = 0, number = 99;
    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyEnumeratorName, 2, name, &needed), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, 8u);
    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyEnumeratorName, sizeof name, name, &needed), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(name), u"PCI");
    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyDeviceDescription, sizeof name, name, &needed), STATUS_SUCCESS);
    EXPECT_EQ(std::u16string(name), u"Multimedia Video Controller");
    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyBusNumber, sizeof number, &number, &needed), STATUS_SUCCESS);
    EXPECT_EQ(number, 0u);
    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyLegacyBusType, sizeof number, &number, &needed), STATUS_SUCCESS);
    EXPECT_EQ(number, static_cast<ULONG>(PCIBus));
    EXPECT_EQ(IoGetDeviceProperty(pdo, DevicePropertyFriendlyName, sizeof name, name, &needed),
              STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(PnpBus, V_CA_2_PropertiesOfAnotherDevice) {
  expect_bugcheck(0xCA, 2, [&] {
    load(function);
    kernel->start_device("function", 0);
    ULONG needed;
    IoGetDeviceProperty(function.device, DevicePropertyAddress, 0, nullptr, &needed);
  });
}

}  // namespace
}  // namespace p2p::test
