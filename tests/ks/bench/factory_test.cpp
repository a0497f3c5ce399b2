// Filter factories made at run time, their names and interfaces (R-PNP-4, R-PNP-5, R-KS-2, R-KS-3).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

const GUID kCategory = SYNTH_CATEGORY;

PWSTR text_of(const char16_t* text) { return reinterpret_cast<PWSTR>(const_cast<char16_t*>(text)); }

/// What the minidriver's Start does.
struct Starting {
  static inline const KSFILTER_DESCRIPTOR* descriptor = nullptr;
  static inline ULONG flags = 0;
  static inline bool make = true;
  static inline NTSTATUS made = -1;
  static inline PKSFILTERFACTORY factory = nullptr;
  static inline std::u16string link;
  static inline std::function<void(PKSDEVICE)> more;
  static NTSTATUS NTAPI start(PKSDEVICE device, PIRP, PCM_RESOURCE_LIST, PCM_RESOURCE_LIST) {
    if (more) more(device);
    if (!make) return STATUS_SUCCESS;
    made = KsCreateFilterFactory(device->FunctionalDeviceObject, descriptor, text_of(u"second"), nullptr, flags,
                                 nullptr, nullptr, &factory);
    if (!NT_SUCCESS(made)) return STATUS_SUCCESS;
    const UNICODE_STRING* name = KsFilterFactoryGetSymbolicLink(factory);
    link.clear();
    if (name != nullptr) link.assign(reinterpret_cast<const char16_t*>(name->Buffer), name->Length / sizeof(WCHAR));
    return STATUS_SUCCESS;
  }
  static void NTAPI stop(PKSDEVICE, PIRP) {}
};

class Factories : public KsTest {
 protected:
  Factories() {
    Starting::more = {};
    driver.configure = [this](SYNTH_TABLES& tables) {
      second = *tables.Filter;
      Starting::descriptor = &second;
      tables.DeviceDispatch->Start = Starting::start;
      tables.DeviceDispatch->Stop = Starting::stop;
      if (edit) edit(tables);
    };
  }
  static std::vector<std::u16string> links() { return nt::enumerate_device_interfaces(&kCategory); }
  static PKSFILTERFACTORY first(PKSDEVICE device) { return static_cast<PKSFILTERFACTORY>(KsGetFirstChild(device)); }
  /// Opens `name` on the device; closes it again.
  static NTSTATUS open(const std::u16string& name) {
    const std::u16string link = links().front();
    nt::Handle file = 0;
    const NTSTATUS status =
        nt::create_file(&file, GENERIC_READ, 0, link.substr(0, link.rfind(u'\\') + 1) + name, false);
    if (NT_SUCCESS(status)) nt::close(file);
    return status;
  }
  void restart() {
    in_system_thread([&] {
      EXPECT_EQ(kernel->stop_device(0), STATUS_SUCCESS);
      EXPECT_EQ(kernel->restart_device(0), STATUS_SUCCESS);
    });
  }
  KSFILTER_DESCRIPTOR second{};
  std::function<void(SYNTH_TABLES&)> edit;
};

TEST_F(Factories, R_PNP_5_a_factory_made_in_start_has_its_link_at_once_and_its_interface_after_start) {
  std::size_t during = 99;
  Starting::more = [&](PKSDEVICE) { during = links().size(); };
  expect_clean([&] {
    EXPECT_EQ(Starting::made, STATUS_SUCCESS);
    EXPECT_EQ(during, 0u);  // R-PNP-4
    ASSERT_EQ(links().size(), 2u);
    EXPECT_EQ(Starting::link, links()[1]);
    nt::Handle file = 0;
    EXPECT_EQ(nt::create_file(&file, GENERIC_READ, 0, Starting::link, false), STATUS_SUCCESS);
    EXPECT_EQ(KsFilterGetParentFilterFactory(static_cast<PKSFILTER>(driver.last(SynthFilterCreate)->object)),
              Starting::factory);
    nt::close(file);
  });
}

TEST_F(Factories, R_PNP_5_after_post_start_the_interfaces_are_enabled_by_hand) {
  Starting::make = false;
  expect_clean([&] {
    Connection c;
    PKSDEVICE device = KsGetDevice(driver.last(SynthPinCreate)->object);
    PKSFILTERFACTORY factory = nullptr;
    KsAcquireDevice(device);
    EXPECT_EQ(KsCreateFilterFactory(device->FunctionalDeviceObject, &second, text_of(u"late"), nullptr, 0, nullptr,
                                    nullptr, &factory),
              STATUS_SUCCESS);
    EXPECT_EQ(links().size(), 1u);
    EXPECT_EQ(KsFilterFactorySetDeviceClassesState(factory, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(links().size(), 2u);
    EXPECT_EQ(open(u"late"), STATUS_SUCCESS);
    EXPECT_EQ(KsFilterFactorySetDeviceClassesState(factory, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(links().size(), 1u);
    EXPECT_EQ(KsDeleteFilterFactory(factory), STATUS_SUCCESS);
    EXPECT_EQ(open(u"late"), STATUS_OBJECT_NAME_NOT_FOUND);
    KsReleaseDevice(device);
  });
}

TEST_F(Factories, R_KS_3_names_must_differ) {
  Starting::more = [](PKSDEVICE device) {
    EXPECT_EQ(KsCreateFilterFactory(device->FunctionalDeviceObject, Starting::descriptor, nullptr, nullptr, 0, nullptr,
                                    nullptr, nullptr),
              STATUS_OBJECT_NAME_COLLISION);
  };
  expect_clean([&] { EXPECT_EQ(Starting::made, STATUS_SUCCESS); });
}

TEST_F(Factories, R_KS_3_create_items_are_further_names_and_a_wildcard_takes_what_is_left) {
  Starting::make = false;
  Starting::more = [](PKSDEVICE device) {
    EXPECT_EQ(KsFilterFactoryAddCreateItem(first(device), text_of(u"third"), nullptr, KSCREATE_ITEM_NOPARAMETERS),
              STATUS_SUCCESS);
  };
  expect_clean([&] {
    EXPECT_EQ(open(u"THIRD"), STATUS_SUCCESS);
    EXPECT_EQ(open(u"third\\parameter"), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(open(u"fourth"), STATUS_OBJECT_NAME_NOT_FOUND);
    Connection c;
    PKSDEVICE device = KsGetDevice(driver.last(SynthPinCreate)->object);
    KsAcquireDevice(device);
    EXPECT_EQ(KsCreateFilterFactory(device->FunctionalDeviceObject, &second, text_of(u"any"), nullptr,
                                    KSCREATE_ITEM_WILDCARD, nullptr, nullptr, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(KsCreateFilterFactory(device->FunctionalDeviceObject, &second, text_of(u"other"), nullptr,
                                    KSCREATE_ITEM_WILDCARD | KSCREATE_ITEM_NOPARAMETERS, nullptr, nullptr, nullptr),
              STATUS_INVALID_PARAMETER);
    KsReleaseDevice(device);
    EXPECT_EQ(open(u"fourth"), STATUS_SUCCESS);
  });
}

TEST_F(Factories, R_PNP_5_free_on_stop_frees_create_items_and_factories_that_have_no_other) {
  Starting::flags = KSCREATE_ITEM_FREEONSTOP;
  Starting::more = [](PKSDEVICE device) {
    if (Starting::factory != nullptr) return;  // the first time only
    EXPECT_EQ(KsFilterFactoryAddCreateItem(first(device), text_of(u"temporary"), nullptr, KSCREATE_ITEM_FREEONSTOP),
              STATUS_SUCCESS);
  };
  expect_clean([&] {
    EXPECT_EQ(open(u"temporary"), STATUS_SUCCESS);
    EXPECT_EQ(open(u"second"), STATUS_SUCCESS);
    restart();
    EXPECT_EQ(Starting::made, STATUS_SUCCESS);  // its name is free again
    EXPECT_EQ(open(u"temporary"), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(links().size(), 2u);  // the factory with another name is still there
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
  });
}

TEST_F(Factories, R_KS_2_the_factories_of_the_descriptor_are_there_when_add_is_called) {
  Starting::make = false;
  driver.add = [](PKSDEVICE device) {
    EXPECT_NE(KsGetFirstChild(device), nullptr);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);  // R-PNP-2
    EXPECT_NE(device->FunctionalDeviceObject, nullptr);
    EXPECT_EQ(KsGetDeviceForDeviceObject(device->FunctionalDeviceObject), device);
    EXPECT_FALSE(device->Started);
    return STATUS_SUCCESS;
  };
  expect_clean([&] { EXPECT_EQ(driver.count(SynthDeviceAdd), 1u); });
}

TEST_F(Factories, R_PNP_3_start_comes_with_the_device_mutex_before_the_device_counts_as_started) {
  Starting::make = false;
  bool taken = true, started = true;
  Starting::more = [&](PKSDEVICE device) {
    started = device->Started != FALSE;
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    taken = false;
    spawn("taker", [&, device] {
      KsAcquireDevice(device);  // R-PNP-11
      taken = true;
      KsReleaseDevice(device);
    });
    sleep_us(1000);
    EXPECT_FALSE(taken);
  };
  expect_clean([&] {
    sleep_us(1000);
    EXPECT_FALSE(started);
    EXPECT_TRUE(taken);
    Connection c;
    EXPECT_TRUE(KsGetDevice(driver.last(SynthPinCreate)->object)->Started);
  });
}

TEST_F(Factories, R_KS_4_descriptors_that_ask_for_what_is_not_done_are_refused_loudly) {
  KSPIN_DESCRIPTOR_EX pin{};
  Starting::more = [&](PKSDEVICE device) {
    pin = *second.PinDescriptors;
    second.PinDescriptors = &pin;
    second.PinDescriptorsCount = 1;
    const auto attempt = [&] {
      return KsCreateFilterFactory(device->FunctionalDeviceObject, &second, text_of(u"x"), nullptr, 0, nullptr, nullptr,
                                   nullptr);
    };
    pin.Flags = KSPIN_FLAG_SPLITTER;
    pin.PinDescriptor.DataFlow = KSPIN_DATAFLOW_IN;
    EXPECT_EQ(attempt(), STATUS_NOT_SUPPORTED);
    pin.Flags = 0;
    pin.PinDescriptor.DataFlow = KSPIN_DATAFLOW_OUT;
    KSDATARANGE range = **pin.PinDescriptor.DataRanges;
    range.Flags = KSDATARANGE_ATTRIBUTES;
    PKSDATARANGE const ranges[] = {&range};
    pin.PinDescriptor.DataRanges = ranges;
    pin.PinDescriptor.DataRangesCount = 1;
    EXPECT_EQ(attempt(), STATUS_NOT_SUPPORTED);
    Starting::make = false;
  };
  expect_clean([&] { EXPECT_EQ(events.count("ks.descriptor.refused"), 2u); });
}

TEST_F(Factories, R_KS_1_what_denies_user_mode_is_opened_by_kernel_clients_only) {
  Starting::make = false;
  edit = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_RENDER].Flags = KSPIN_FLAG_DENY_USERMODE_ACCESS; };
  expect_clean([&] {
    Client client;
    client.open();
    nt::Handle pin = 0;
    EXPECT_EQ(client.create_pin(&pin, SYNTH_PIN_RENDER), STATUS_ACCESS_DENIED);
    EXPECT_EQ(client.create_pin(&pin, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    nt::close(pin);
  });
}

TEST_F(Factories, R_KS_1_a_filter_that_denies_user_mode) {
  Starting::make = false;
  edit = [](SYNTH_TABLES& tables) { tables.Filter->Flags = KSFILTER_FLAG_DENY_USERMODE_ACCESS; };
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_ACCESS_DENIED);
  });
}

TEST_F(Factories, R_KS_4_a_filter_can_add_pins_nodes_and_connections_to_itself) {
  Starting::make = false;
  const KSPIN_DESCRIPTOR_EX* capture = nullptr;
  edit = [&](SYNTH_TABLES& tables) { capture = &tables.Pins[SYNTH_PIN_CAPTURE]; };
  driver.filter_create = [&](PKSFILTER filter, PIRP) -> NTSTATUS {
    ULONG id = 99;
    EXPECT_EQ(KsFilterCreatePinFactory(filter, capture, &id), STATUS_SUCCESS);
    EXPECT_EQ(id, static_cast<ULONG>(SYNTH_PIN_COUNT));
    static const GUID type = SYNTH_METHODSET;
    static const KSNODE_DESCRIPTOR node = {nullptr, &type, &type};
    EXPECT_EQ(KsFilterCreateNode(filter, &node, &id), STATUS_SUCCESS);
    EXPECT_EQ(id, 0u);
    const KSTOPOLOGY_CONNECTION connection{0, 1, static_cast<ULONG>(KSFILTER_NODE), SYNTH_PIN_COUNT};
    EXPECT_EQ(KsFilterAddTopologyConnections(filter, 1, &connection), STATUS_SUCCESS);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Connection c;
    nt::Handle added = 0;
    EXPECT_EQ(c.filter.create_pin(&added, SYNTH_PIN_COUNT), STATUS_SUCCESS);
    ULONG types = 0;
    EXPECT_EQ(get_property(c.filter.handle(), KSPROPSETID_Pin, KSPROPERTY_PIN_CTYPES, &types, sizeof types),
              STATUS_SUCCESS);
    EXPECT_EQ(types, SYNTH_PIN_COUNT + 1u);
    struct {
      KSMULTIPLE_ITEM head;
      KSTOPOLOGY_CONNECTION connection;
    } connections{};
    EXPECT_EQ(get_property(c.filter.handle(), KSPROPSETID_Topology, KSPROPERTY_TOPOLOGY_CONNECTIONS, &connections,
                           sizeof connections),
              STATUS_SUCCESS);
    EXPECT_EQ(connections.head.Count, 1u);
    EXPECT_EQ(connections.connection.ToNodePin, static_cast<ULONG>(SYNTH_PIN_COUNT));
    nt::close(added);
  });
}

}  // namespace
}  // namespace p2p::test
