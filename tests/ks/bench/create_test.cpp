// Opening filters and pins (spec 4.1, 4.5).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

const GUID kOther = SYNTH_OTHER_SUBFORMAT;
const GUID kSubformat = SYNTH_SUBFORMAT;

class Create : public KsTest {
 protected:
  /// Creates pin `id` on a filter of its own and closes both; the status.
  NTSTATUS create(ULONG id, const KSDATAFORMAT& format = synth_format(),
                  const std::function<void(KSPIN_CONNECT&)>& connect = {}) {
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
    nt::Handle pin = 0;
    const NTSTATUS status = client.create_pin(&pin, id, format, connect);
    if (pin != 0) nt::close(pin);
    return status;
  }
  static NTSTATUS create_named(const Client& client, const std::u16string& name) {
    nt::Handle pin = 0;
    const NTSTATUS status = nt::create_file(&pin, GENERIC_READ, client.handle(), name, false);
    if (pin != 0) nt::close(pin);
    return status;
  }
};

// -- filters ----------------------------------------------------------------------------------------------------------

TEST_F(Create, R_CRE_1_a_filter_is_created_and_closed_at_passive_level) {
  expect_clean([&] {
    PFILE_OBJECT in_create = nullptr;
    driver.filter_create = [&](PKSFILTER filter, PIRP irp) {
      in_create = IoGetCurrentIrpStackLocation(irp)->FileObject;
      EXPECT_EQ(KsGetFilterFromIrp(irp), filter);
      EXPECT_EQ(KsGetPinFromIrp(irp), nullptr);
      return STATUS_SUCCESS;
    };
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
    PFILE_OBJECT file = file_of(client.handle());
    EXPECT_EQ(file, in_create);
    ObDereferenceObject(file);
    EXPECT_EQ(driver.count(SynthFilterClose), 0u);
    client.close();
    EXPECT_EQ(driver.count(SynthFilterClose), 1u);
    EXPECT_EQ(driver.last(SynthFilterCreate)->irql, PASSIVE_LEVEL);
    EXPECT_EQ(driver.last(SynthFilterCreate)->object, driver.last(SynthFilterClose)->object);
  });
}

TEST_F(Create, R_CRE_1_a_create_that_fails_leaves_nothing) {
  expect_clean([&] {
    driver.filter_create = [&](PKSFILTER filter, PIRP) -> NTSTATUS {
      KsAddItemToObjectBag(filter->Bag, ExAllocatePool2(POOL_FLAG_PAGED, 100, 'tseT'), nullptr);
      return STATUS_DEVICE_BUSY;
    };
    Client client;
    EXPECT_EQ(client.open(), STATUS_DEVICE_BUSY);
    EXPECT_EQ(driver.count(SynthFilterClose), 0u);
  });
}

TEST_F(Create, R_KS_1_contexts_are_inherited_from_the_parent) {
  int device_context = 0, filter_context = 0;
  driver.add = [&](PKSDEVICE device) {
    EXPECT_EQ(device->Context, nullptr);
    device->Context = &device_context;
    return STATUS_SUCCESS;
  };
  driver.filter_create = [&](PKSFILTER filter, PIRP) {
    EXPECT_EQ(filter->Context, &device_context);
    filter->Context = &filter_context;
    return STATUS_SUCCESS;
  };
  driver.pin_create = [&](PKSPIN pin, PIRP irp) {
    EXPECT_EQ(pin->Context, &filter_context);
    EXPECT_EQ(KsGetPinFromIrp(irp), pin);
    return STATUS_SUCCESS;
  };
  expect_clean([&] { EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_SUCCESS); });
}

TEST_F(Create, R_KS_1_objects_know_parents_children_and_siblings) {
  expect_clean([&] {
    Connection c;
    nt::Handle second = 0;
    EXPECT_EQ(c.filter.create_pin(&second, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    Client other;
    EXPECT_EQ(other.open(), STATUS_SUCCESS);
    auto* pin = static_cast<PKSPIN>(driver.last(SynthPinCreate)->object);
    PKSFILTER filter = KsPinGetParentFilter(pin);
    PKSDEVICE device = KsPinGetDevice(pin);
    EXPECT_EQ(KsGetParent(pin), filter);
    EXPECT_EQ(KsFilterGetDevice(filter), device);
    PVOID factory = KsGetParent(filter);
    EXPECT_EQ(KsGetParent(factory), device);
    EXPECT_EQ(KsGetParent(device), nullptr);
    EXPECT_EQ(KsGetFirstChild(device), factory);
    EXPECT_EQ(KsGetNextSibling(factory), nullptr);
    PVOID first_filter = KsGetFirstChild(factory);
    PVOID second_filter = KsGetNextSibling(first_filter);
    EXPECT_TRUE(first_filter == filter || second_filter == filter);
    EXPECT_EQ(KsGetNextSibling(second_filter), nullptr);
    EXPECT_EQ(KsFilterGetChildPinCount(filter, SYNTH_PIN_CAPTURE), 2u);
    EXPECT_EQ(KsFilterGetChildPinCount(filter, SYNTH_PIN_RENDER), 0u);
    PKSPIN one = KsFilterGetFirstChildPin(filter, SYNTH_PIN_CAPTURE), two = KsPinGetNextSiblingPin(one);
    EXPECT_TRUE(one == pin || two == pin);
    EXPECT_EQ(KsPinGetNextSiblingPin(two), nullptr);
    EXPECT_EQ(KsFilterGetFirstChildPin(filter, SYNTH_PIN_RENDER), nullptr);
    nt::close(second);
  });
}

// -- pins -------------------------------------------------------------------------------------------------------------

TEST_F(Create, R_CRE_2_a_pin_shows_its_connection) {
  driver.pin_create = [&](PKSPIN pin, PIRP) {
    EXPECT_EQ(pin->Id, static_cast<ULONG>(SYNTH_PIN_CAPTURE));
    EXPECT_EQ(pin->Communication, KSPIN_COMMUNICATION_SINK);  // R-KS-8: the client reads from it
    EXPECT_EQ(pin->DataFlow, KSPIN_DATAFLOW_OUT);
    EXPECT_TRUE(pin->ConnectionIsExternal);
    EXPECT_TRUE(IsEqualGUID(pin->ConnectionInterface.Set, KSINTERFACESETID_Standard));
    EXPECT_TRUE(IsEqualGUID(pin->ConnectionMedium.Set, KSMEDIUMSETID_Standard));
    EXPECT_EQ(pin->ConnectionPriority.PriorityClass, static_cast<ULONG>(KSPRIORITY_NORMAL));
    EXPECT_EQ(pin->ConnectionFormat->SampleSize, 4711u);
    EXPECT_EQ(pin->DeviceState, KSSTATE_STOP);
    EXPECT_EQ(pin->ClientState, KSSTATE_STOP);
    return STATUS_SUCCESS;
  };
  expect_clean([&] { EXPECT_EQ(create(SYNTH_PIN_CAPTURE, synth_format(4711)), STATUS_SUCCESS); });
}

TEST_F(Create, R_CRE_2_a_name_that_is_no_pin_is_refused) {
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
    EXPECT_EQ(create_named(client, u"nonsense"), STATUS_OBJECT_NAME_INVALID);
    EXPECT_EQ(create_named(client, u""), STATUS_OBJECT_NAME_INVALID);
    EXPECT_EQ(create_named(client, u"{146F1A80-4791-11D0-A5D6-28DB04C10000}\\"), STATUS_OBJECT_NAME_INVALID);
    EXPECT_EQ(create_named(client, u"{146F1A80-4791-11D0-A5D6-28DB04C10000}\\short"), STATUS_OBJECT_NAME_INVALID);
  });
}

TEST_F(Create, R_CRE_2_a_format_longer_than_what_was_sent_is_refused) {
  expect_clean([&] {
    KSDATAFORMAT format = synth_format();
    format.FormatSize = sizeof format + 8;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, format), STATUS_INVALID_BUFFER_SIZE);
    format.FormatSize = sizeof format - 8;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, format), STATUS_INVALID_BUFFER_SIZE);
  });
}

TEST_F(Create, R_CRE_3_pins_that_do_not_exist_are_refused) {
  expect_clean([&] {
    EXPECT_EQ(create(SYNTH_PIN_COUNT), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(create(0xFFFFFFFF), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(Create, R_CRE_3_interface_and_medium_must_be_the_pins) {
  expect_clean([&] {
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, synth_format(), [](KSPIN_CONNECT& c) { c.Interface.Id = 77; }),
              STATUS_NO_MATCH);
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, synth_format(), [](KSPIN_CONNECT& c) { c.Interface.Set = kOther; }),
              STATUS_NO_MATCH);
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, synth_format(), [](KSPIN_CONNECT& c) { c.Medium.Id = 77; }), STATUS_NO_MATCH);
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, synth_format(), [](KSPIN_CONNECT& c) { c.Medium.Set = kOther; }),
              STATUS_NO_MATCH);
    EXPECT_EQ(driver.count(SynthPinCreate), 0u);
  });
}

TEST_F(Create, R_KS_6_the_pins_own_interfaces_and_mediums_replace_the_defaults) {
  static const KSPIN_INTERFACE kInterface = {{{SYNTH_OTHER_SUBFORMAT, 3, 0}}};
  static const KSPIN_MEDIUM kMedium = {{{SYNTH_OTHER_SUBFORMAT, 4, 0}}};
  driver.configure = [](SYNTH_TABLES& tables) {
    KSPIN_DESCRIPTOR& pin = tables.Pins[SYNTH_PIN_CAPTURE].PinDescriptor;
    pin.InterfacesCount = pin.MediumsCount = 1;
    pin.Interfaces = &kInterface;
    pin.Mediums = &kMedium;
  };
  expect_clean([&] {
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_NO_MATCH);
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, synth_format(),
                     [](KSPIN_CONNECT& c) {
                       c.Interface = kInterface;
                       c.Medium = kMedium;
                     }),
              STATUS_SUCCESS);
  });
}

TEST_F(Create, R_KS_7_no_more_instances_than_possible) {
  expect_clean([&] {
    Connection c;  // InstancesPossible is 2
    nt::Handle second = 0, third = 0;
    EXPECT_EQ(c.filter.create_pin(&second, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    EXPECT_FALSE(NT_SUCCESS(c.filter.create_pin(&third, SYNTH_PIN_CAPTURE)));
    EXPECT_EQ(third, 0u);
    KSP_PIN request{};
    request.Property.Set = KSPROPSETID_Pin;
    request.Property.Id = KSPROPERTY_PIN_CINSTANCES;
    request.Property.Flags = KSPROPERTY_TYPE_GET;
    request.PinId = SYNTH_PIN_CAPTURE;
    KSPIN_CINSTANCES instances{};
    EXPECT_EQ(control(c.filter.handle(), IOCTL_KS_PROPERTY, &request, sizeof request, &instances, sizeof instances),
              STATUS_SUCCESS);
    EXPECT_EQ(instances.PossibleCount, 2u);
    EXPECT_EQ(instances.CurrentCount, 2u);
    // An instance of another filter counts there.
    Client other;
    EXPECT_EQ(other.open(), STATUS_SUCCESS);
    EXPECT_EQ(other.create_pin(&third, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    nt::close(third);
    nt::close(second);
    EXPECT_EQ(c.filter.create_pin(&second, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);  // one has gone
    nt::close(second);
  });
}

TEST_F(Create, R_KS_7_indeterminate_means_no_cap) {
  driver.configure = [](SYNTH_TABLES& tables) {
    tables.Pins[SYNTH_PIN_CAPTURE].InstancesPossible = KSINSTANCE_INDETERMINATE;
  };
  expect_clean([&] {
    Connection c;
    std::vector<nt::Handle> pins(20);
    for (nt::Handle& pin : pins) EXPECT_EQ(c.filter.create_pin(&pin, SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    for (nt::Handle pin : pins) nt::close(pin);
  });
}

TEST_F(Create, R_KS_8_a_client_cannot_connect_to_a_bridge_or_to_a_source_without_a_sink) {
  expect_clean([&] {
    EXPECT_EQ(create(SYNTH_PIN_BRIDGE), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(create(SYNTH_PIN_SOURCE), STATUS_INVALID_DEVICE_REQUEST);
  });
}

TEST_F(Create, R_CRE_3_formats_outside_all_ranges_are_refused_without_asking_the_driver) {
  expect_clean([&] {
    KSDATAFORMAT format = synth_format();
    format.SubFormat = KSDATAFORMAT_SUBTYPE_NONE;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, format), STATUS_NO_MATCH);
    format = synth_format();
    format.MajorFormat = kOther;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, format), STATUS_NO_MATCH);
    format = synth_format();
    format.Specifier = KSDATAFORMAT_SPECIFIER_VIDEOINFO;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, format), STATUS_NO_MATCH);
    EXPECT_EQ(driver.count(SynthPinSetDataFormat), 0u);
    EXPECT_EQ(driver.count(SynthPinCreate), 0u);
  });
}

TEST_F(Create, R_CRE_3_wildcards_of_a_range_match) {
  static KSDATARANGE any_sub, any_major;
  static const PKSDATARANGE ranges[] = {&any_sub, &any_major};
  driver.configure = [](SYNTH_TABLES& tables) {
    any_sub = *tables.Pins[SYNTH_PIN_CAPTURE].PinDescriptor.DataRanges[0];
    any_sub.SubFormat = KSDATAFORMAT_SUBTYPE_WILDCARD;
    any_major = any_sub;
    any_major.MajorFormat = KSDATAFORMAT_TYPE_WILDCARD;
    tables.Pins[SYNTH_PIN_CAPTURE].PinDescriptor.DataRanges = ranges;
  };
  std::vector<const KSDATARANGE*> tried;
  driver.set_format = [&](PKSPIN, PKSDATAFORMAT, const KSDATARANGE* range) -> NTSTATUS {
    tried.push_back(range);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    KSDATAFORMAT format = synth_format();
    format.SubFormat = KSDATAFORMAT_SUBTYPE_NONE;
    format.Specifier = KSDATAFORMAT_SPECIFIER_VIDEOINFO;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, format), STATUS_SUCCESS);
    format.MajorFormat = kOther;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, format), STATUS_SUCCESS);
    EXPECT_EQ(tried, (std::vector<const KSDATARANGE*>{&any_sub, &any_major}));
  });
}

TEST_F(Create, R_CRE_4_set_data_format_comes_before_create_and_sees_the_candidate) {
  driver.set_format = [&](PKSPIN pin, PKSDATAFORMAT old_format, const KSDATARANGE* range) -> NTSTATUS {
    EXPECT_EQ(old_format, nullptr);
    EXPECT_EQ(pin->ConnectionFormat->SampleSize, 99u);
    EXPECT_TRUE(IsEqualGUID(range->SubFormat, kSubformat));
    EXPECT_EQ(driver.count(SynthPinCreate), 0u);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE, synth_format(99)), STATUS_SUCCESS);
    EXPECT_EQ(driver.count(SynthPinSetDataFormat), 1u);
    EXPECT_EQ(driver.count(SynthPinCreate), 1u);
  });
}

TEST_F(Create, R_CRE_4_no_match_tries_the_next_range_and_another_error_ends_it) {
  static PKSDATARANGE ranges[3];
  driver.configure = [](SYNTH_TABLES& tables) {
    KSPIN_DESCRIPTOR& pin = tables.Pins[SYNTH_PIN_CAPTURE].PinDescriptor;
    ranges[0] = ranges[2] = pin.DataRanges[0];
    ranges[1] = pin.DataRanges[1];
    pin.DataRanges = ranges;
    pin.DataRangesCount = 3;
  };
  NTSTATUS first = STATUS_NO_MATCH;
  driver.set_format = [&](PKSPIN, PKSDATAFORMAT, const KSDATARANGE*) -> NTSTATUS {
    return driver.count(SynthPinSetDataFormat) == 1 ? first : STATUS_SUCCESS;
  };
  expect_clean([&] {
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
    EXPECT_EQ(driver.count(SynthPinSetDataFormat), 2u);
    driver.calls.clear();
    first = STATUS_INSUFFICIENT_RESOURCES;
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(driver.count(SynthPinSetDataFormat), 1u);
    driver.set_format = [](PKSPIN, PKSDATAFORMAT, const KSDATARANGE*) -> NTSTATUS { return STATUS_NO_MATCH; };
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_NO_MATCH);
    EXPECT_EQ(driver.count(SynthPinCreate), 0u);
  });
}

TEST_F(Create, R_CRE_4_without_a_dispatch_the_first_match_is_taken) {
  driver.configure = [](SYNTH_TABLES& tables) { tables.PinDispatch->SetDataFormat = nullptr; };
  expect_clean([&] { EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_SUCCESS); });
}

TEST_F(Create, R_CRE_4_pending_is_no_answer_to_a_format) {
  driver.set_format = [](PKSPIN, PKSDATAFORMAT, const KSDATARANGE*) -> NTSTATUS { return STATUS_PENDING; };
  expect_ks_violation(0x81005, [&] { create(SYNTH_PIN_CAPTURE); });
}

TEST_F(Create, R_CRE_5_a_pin_create_that_fails_leaves_nothing) {
  driver.pin_create = [&](PKSPIN pin, PIRP) -> NTSTATUS {
    KsAddItemToObjectBag(pin->Bag, ExAllocatePool2(POOL_FLAG_PAGED, 100, 'tseT'), nullptr);
    return STATUS_INSUFFICIENT_RESOURCES;
  };
  expect_clean([&] {
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(driver.count(SynthPinClose), 0u);
    driver.pin_create = {};
    EXPECT_EQ(create(SYNTH_PIN_CAPTURE), STATUS_SUCCESS);
  });
}

TEST_F(Create, R_CRE_8_close_comes_once_with_the_control_mutex) {
  bool taken = false;
  driver.pin_close = [&](PKSPIN pin, PIRP irp) {
    EXPECT_EQ(KsGetPinFromIrp(irp), pin);
    PKSFILTER filter = KsPinGetParentFilter(pin);
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    spawn("taker", [&, filter] {
      KsFilterAcquireControl(filter);
      taken = true;
      KsFilterReleaseControl(filter);
      KeSetEvent(&done, 0, FALSE);
    });
    EXPECT_EQ(wait_for_us(&done, 1000), STATUS_TIMEOUT);
    EXPECT_FALSE(taken);
    KsFilterReleaseControl(filter);
    wait_for(&done);
    KsFilterAcquireControl(filter);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    { Connection c; }
    EXPECT_TRUE(taken);
    EXPECT_EQ(driver.count(SynthPinClose), 1u);
  });
}

TEST_F(Create, R_CRE_8_the_filter_outlives_its_pins_whatever_is_closed_first) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    c.filter.close();
    EXPECT_EQ(driver.count(SynthFilterClose), 0u);
    Request request({256});
    read(c.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    c.close_pin();
    EXPECT_EQ(driver.count(SynthFilterClose), 1u);
    EXPECT_EQ(driver.calls.back().call, SynthFilterClose);
  });
}

TEST_F(Create, R_IOS_2_streams_need_the_access_the_handle_was_opened_with) {
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
    nt::Handle pin = 0;
    EXPECT_EQ(client.create_pin(&pin, SYNTH_PIN_CAPTURE, synth_format(), {}, false, GENERIC_READ), STATUS_SUCCESS);
    EXPECT_EQ(set_state(pin, KSSTATE_RUN), STATUS_SUCCESS);
    Request in({256}), out({256});
    EXPECT_EQ(write(pin, out), STATUS_ACCESS_DENIED);
    EXPECT_EQ(read(pin, in), STATUS_PENDING);
    EXPECT_EQ(in.wait(), STATUS_SUCCESS);
    nt::close(pin);
  });
}

TEST_F(Create, R_PNP_10_nothing_is_opened_on_a_device_that_was_removed_by_surprise) {
  surprise_removed = true;
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_RUN);
    in_system_thread([&] { EXPECT_EQ(kernel->surprise_remove_device(0), STATUS_SUCCESS); });
    EXPECT_EQ(driver.count(SynthDeviceSurpriseRemoval), 1u);
    nt::Handle pin = 0;
    EXPECT_FALSE(NT_SUCCESS(c.filter.create_pin(&pin, SYNTH_PIN_CAPTURE)));
    Client other;
    EXPECT_FALSE(NT_SUCCESS(other.open()));
    Request request({256});
    EXPECT_EQ(read(c.pin, request), STATUS_DEVICE_REMOVED);
    EXPECT_EQ(driver.count(SynthDeviceRemove), 0u);
  });
  EXPECT_EQ(driver.count(SynthDeviceRemove), 1u);  // once the last handle was closed (R-PNP-8)
}

class RemovedIn : public Create, public testing::WithParamInterface<KSSTATE> {};

TEST_P(RemovedIn, R_PNP_8_requests_queued_at_a_surprise_removal_end_with_it) {
  surprise_removed = true;
  driver.process = [](PKSPIN) { return STATUS_PENDING; };
  expect_clean([&] {
    Request first({256}), second({256});
    Connection c(SYNTH_PIN_CAPTURE, GetParam());
    EXPECT_EQ(read(c.pin, first), STATUS_PENDING);
    EXPECT_EQ(read(c.pin, second), STATUS_PENDING);
    in_system_thread([&] { kernel->surprise_remove_device(0); });
    EXPECT_EQ(first.wait(), STATUS_DEVICE_REMOVED);
    EXPECT_EQ(second.wait(), STATUS_DEVICE_REMOVED);
    EXPECT_EQ(read(c.pin, first), STATUS_DEVICE_REMOVED);
  });
}

INSTANTIATE_TEST_SUITE_P(States, RemovedIn, testing::Values(KSSTATE_ACQUIRE, KSSTATE_PAUSE, KSSTATE_RUN));

}  // namespace
}  // namespace p2p::test
