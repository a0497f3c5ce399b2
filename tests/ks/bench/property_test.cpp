// Properties (spec 4.17), and what AVStream answers itself.
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <algorithm>
#include <cstring>

namespace p2p::test {
namespace {

const GUID kSet = SYNTH_PROPSET;
const GUID kOtherSet = SYNTH_EVENTSET;
const GUID kNull{};

/// The minidriver's handlers and what they saw.
struct Handlers {
  static inline ULONG value = 0;
  static inline int gets = 0, sets = 0, pended = 0;
  static inline PIRP pending = nullptr;
  static inline KIRQL irql = 0;
  static inline ULONG alignment = 0;

  static NTSTATUS NTAPI get(PIRP irp, PKSIDENTIFIER request, PVOID data) {
    ++gets;
    irql = KeGetCurrentIrql();
    alignment =
        static_cast<ULONG>((reinterpret_cast<std::uintptr_t>(data) | reinterpret_cast<std::uintptr_t>(request)) % 8);
    EXPECT_TRUE(IsEqualGUID(*KSPROPERTY_SET_IRP_STORAGE(irp)->Set, kSet));
    EXPECT_EQ(KSPROPERTY_ITEM_IRP_STORAGE(irp)->PropertyId, request->Id);
    *static_cast<ULONG*>(data) = value;
    return STATUS_SUCCESS;
  }
  static NTSTATUS NTAPI set(PIRP, PKSIDENTIFIER, PVOID data) {
    ++sets;
    value = *static_cast<const ULONG*>(data);
    return STATUS_SUCCESS;
  }
  static NTSTATUS NTAPI fail(PIRP, PKSIDENTIFIER, PVOID) { return STATUS_DEVICE_BUSY; }
  /// A string of any length.
  static NTSTATUS NTAPI text(PIRP irp, PKSIDENTIFIER, PVOID data) {
    static const char kText[] = "twelve bytes";
    irp->IoStatus.Information = sizeof kText;
    const ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
    if (room == 0) return STATUS_BUFFER_OVERFLOW;
    if (room < sizeof kText) return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(data, kText, sizeof kText);
    return STATUS_SUCCESS;
  }
  static NTSTATUS NTAPI pend(PIRP irp, PKSIDENTIFIER, PVOID data) {
    ++pended;
    IoMarkIrpPending(irp);
    pending = irp;
    *static_cast<ULONG*>(data) = 0xABCD;
    return STATUS_PENDING;
  }
  static NTSTATUS NTAPI category(PIRP irp, PKSIDENTIFIER, PVOID data) {
    *static_cast<GUID*>(data) = kOtherSet;
    irp->IoStatus.Information = sizeof(GUID);
    return STATUS_SUCCESS;
  }
};

const ULONG kLimits[] = {1, 2, 3};
const KSPROPERTY_MEMBERSLIST kMembers[] = {{{KSPROPERTY_MEMBER_VALUES, sizeof(ULONG), 3, 0}, kLimits}};
const KSPROPERTY_VALUES kValues = {{{{STATICGUIDOF(KSPROPTYPESETID_General), VT_UI4, 0}}}, 1, kMembers};
const KSPROPERTY kRelated[] = {{{{SYNTH_PROPSET, 2, 0}}}};

enum : ULONG { kPlain = 1, kReadOnly = 2, kFailing = 3, kText = 4, kPending = 5 };

KSPROPERTY_ITEM make_item(ULONG id, PFNKSHANDLER get, PFNKSHANDLER set, ULONG least_data) {
  KSPROPERTY_ITEM item{};
  item.PropertyId = id;
  item.GetPropertyHandler = get;
  item.SetPropertyHandler = set;
  item.MinProperty = sizeof(KSPROPERTY);
  item.MinData = least_data;
  return item;
}

class Property : public KsTest {
 protected:
  Property() {
    items[0] = make_item(kPlain, Handlers::get, Handlers::set, sizeof(ULONG));
    items[0].Values = &kValues;
    items[0].RelationsCount = 1;
    items[0].Relations = kRelated;
    items[1] = make_item(kReadOnly, Handlers::get, nullptr, sizeof(ULONG));
    items[2] = make_item(kFailing, Handlers::fail, Handlers::fail, 0);
    items[3] = make_item(kText, Handlers::text, nullptr, 0);
    items[4] = make_item(kPending, Handlers::pend, nullptr, sizeof(ULONG));
    sets[0] = {&kSet, 5, items, 0, nullptr};
    driver.configure = [this](SYNTH_TABLES& tables) {
      for (KSAUTOMATION_TABLE* table : {tables.FilterAutomation, tables.PinAutomation}) {
        table->PropertySetsCount = sets_count;
        table->PropertyItemSize = sizeof(KSPROPERTY_ITEM);
        table->PropertySets = sets;
      }
      if (edit) edit(tables);
    };
  }
  KSPROPERTY_ITEM items[5];
  KSPROPERTY_SET sets[2];
  ULONG sets_count = 1;
  std::function<void(SYNTH_TABLES&)> edit;
};

TEST_F(Property, R_PROP_2_handlers_run_at_passive_level_on_aligned_copies) {
  expect_clean([&] {
    Connection c;
    Handlers::value = 7;
    struct Unaligned {
      char pad;
      ULONG value;
    } __attribute__((packed)) buffer{};
    ULONG returned = 0;
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, reinterpret_cast<char*>(&buffer) + 1, sizeof(ULONG), &returned),
              STATUS_SUCCESS);
    ULONG value = 0;
    std::memcpy(&value, reinterpret_cast<char*>(&buffer) + 1, sizeof value);
    EXPECT_EQ(value, 7u);
    EXPECT_EQ(returned, sizeof(ULONG));
    EXPECT_EQ(Handlers::irql, PASSIVE_LEVEL);
    EXPECT_EQ(Handlers::alignment, 0u);
    value = 9;
    EXPECT_EQ(set_property(c.filter.handle(), kSet, kPlain, &value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(Handlers::value, 9u);
  });
}

TEST_F(Property, R_PROP_2_sizes_sets_and_ids_are_checked_before_the_handler) {
  expect_clean([&] {
    Connection c;
    ULONG value = 0, returned = 55;
    EXPECT_EQ(get_property(c.pin, kOtherSet, kPlain, &value, sizeof value), STATUS_PROPSET_NOT_FOUND);
    EXPECT_EQ(get_property(c.pin, kSet, 99, &value, sizeof value), STATUS_NOT_FOUND);
    EXPECT_EQ(set_property(c.pin, kSet, kReadOnly, &value, sizeof value), STATUS_NOT_FOUND);
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, &value, 2), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(set_property(c.pin, kSet, kPlain, &value, 2), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, nullptr, 0, &returned), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(returned, sizeof(ULONG));
    EXPECT_EQ(control(c.pin, IOCTL_KS_PROPERTY, &kSet, sizeof kSet, &value, sizeof value), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(Handlers::gets + Handlers::sets, 0);
  });
}

TEST_F(Property, R_PROP_3_the_handlers_status_and_information_are_the_requests) {
  expect_clean([&] {
    Connection c;
    ULONG value = 3, returned = 0;
    EXPECT_EQ(get_property(c.pin, kSet, kFailing, &value, sizeof value), STATUS_DEVICE_BUSY);
    EXPECT_EQ(value, 3u);
    EXPECT_EQ(get_property(c.pin, kSet, kText, nullptr, 0, &returned), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(returned, 13u);
    char text[20] = {};
    EXPECT_EQ(get_property(c.pin, kSet, kText, text, 5, &returned), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(get_property(c.pin, kSet, kText, text, sizeof text, &returned), STATUS_SUCCESS);
    EXPECT_STREQ(text, "twelve bytes");
    EXPECT_EQ(returned, 13u);
  });
}

TEST_F(Property, R_PROP_3_a_handler_may_pend_and_complete_later) {
  expect_clean([&] {
    Connection c;
    nt::Handle event = 0;
    nt::create_event(&event, true, false);
    for (NTSTATUS final_status : {STATUS_SUCCESS, STATUS_DATA_ERROR}) {
      KSPROPERTY property{};
      property.Set = kSet;
      property.Id = kPending;
      property.Flags = KSPROPERTY_TYPE_GET;
      ULONG value = 0;
      nt::IoStatusBlock iosb{};
      EXPECT_EQ(nt::device_io_control_file(c.pin, event, nullptr, &iosb, IOCTL_KS_PROPERTY, &property, sizeof property,
                                           &value, sizeof value),
                STATUS_PENDING);
      EXPECT_EQ(value, 0u);
      Handlers::pending->IoStatus.Status = final_status;
      Handlers::pending->IoStatus.Information = final_status == STATUS_SUCCESS ? sizeof value : 0;
      KsCompletePendingRequest(Handlers::pending);
      nt::wait_for_single_object(event, false, nullptr);
      EXPECT_EQ(iosb.status, final_status);
      EXPECT_EQ(value, final_status == STATUS_SUCCESS ? 0xABCDu : 0u);
    }
    nt::close(event);
  });
}

TEST_F(Property, R_PROP_1_the_minidrivers_item_wins_over_avstreams) {
  edit = [this](SYNTH_TABLES& tables) {
    static KSPROPERTY_ITEM item;
    item = make_item(KSPROPERTY_PIN_CATEGORY, Handlers::category, nullptr, sizeof(GUID));
    item.MinProperty = sizeof(KSP_PIN);
    sets[1] = {&KSPROPSETID_Pin, 1, &item, 0, nullptr};
    tables.FilterAutomation->PropertySetsCount = 2;
  };
  expect_clean([&] {
    Connection c;
    KSP_PIN request{};
    request.Property.Set = KSPROPSETID_Pin;
    request.Property.Id = KSPROPERTY_PIN_CATEGORY;
    request.Property.Flags = KSPROPERTY_TYPE_GET;
    GUID category{};
    EXPECT_EQ(control(c.filter.handle(), IOCTL_KS_PROPERTY, &request, sizeof request, &category, sizeof category),
              STATUS_SUCCESS);
    EXPECT_TRUE(IsEqualGUID(category, kOtherSet));
    // The rest of the set is still AVStream's.
    KSPIN_DATAFLOW flow{};
    request.Property.Id = KSPROPERTY_PIN_DATAFLOW;
    EXPECT_EQ(control(c.filter.handle(), IOCTL_KS_PROPERTY, &request, sizeof request, &flow, sizeof flow),
              STATUS_SUCCESS);
    EXPECT_EQ(flow, KSPIN_DATAFLOW_OUT);
  });
}

TEST_F(Property, R_PROP_4_set_support_lists_all_sets_or_says_yes) {
  expect_clean([&] {
    Connection c;
    ULONG returned = 0;
    EXPECT_EQ(get_property(c.pin, kNull, 0, nullptr, 0, &returned, KSPROPERTY_TYPE_SETSUPPORT), STATUS_BUFFER_OVERFLOW);
    ASSERT_GE(returned, 2 * sizeof(GUID));
    std::vector<GUID> listed(returned / sizeof(GUID));
    EXPECT_EQ(get_property(c.pin, kNull, 0, listed.data(), returned, &returned, KSPROPERTY_TYPE_SETSUPPORT),
              STATUS_SUCCESS);
    const auto has = [&](const GUID& set) {
      return std::any_of(listed.begin(), listed.end(), [&](const GUID& guid) { return IsEqualGUID(guid, set); });
    };
    EXPECT_TRUE(has(kSet));
    EXPECT_TRUE(has(KSPROPSETID_Connection));
    EXPECT_EQ(get_property(c.pin, kSet, 0, nullptr, 0, &returned, KSPROPERTY_TYPE_SETSUPPORT), STATUS_SUCCESS);
    EXPECT_EQ(get_property(c.pin, kOtherSet, 0, nullptr, 0, &returned, KSPROPERTY_TYPE_SETSUPPORT),
              STATUS_PROPSET_NOT_FOUND);
  });
}

TEST_F(Property, R_PROP_4_basic_support_describes) {
  expect_clean([&] {
    Connection c;
    ULONG access = 0, returned = 0;
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, &access, sizeof access, nullptr, KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(access, static_cast<ULONG>(KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_SET));
    EXPECT_EQ(get_property(c.pin, kSet, kReadOnly, &access, sizeof access, nullptr, KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(access, static_cast<ULONG>(KSPROPERTY_TYPE_GET));
    EXPECT_EQ(get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &access, sizeof access, nullptr,
                           KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(access, static_cast<ULONG>(KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_SET));
    KSPROPERTY_DESCRIPTION head{};
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, &head, sizeof head, nullptr, KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(head.MembersListCount, 1u);
    EXPECT_EQ(head.PropTypeSet.Id, static_cast<ULONG>(VT_UI4));
    EXPECT_EQ(head.DescriptionSize, sizeof head + sizeof(KSPROPERTY_MEMBERSHEADER) + sizeof kLimits);
    std::vector<UCHAR> all(head.DescriptionSize);
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, all.data(), all.size(), &returned, KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(returned, all.size());
    EXPECT_EQ(std::memcmp(all.data() + all.size() - sizeof kLimits, kLimits, sizeof kLimits), 0);
  });
}

TEST_F(Property, R_PROP_4_relations_name_related_properties) {
  expect_clean([&] {
    Connection c;
    ULONG returned = 0;
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, nullptr, 0, &returned, KSPROPERTY_TYPE_RELATIONS),
              STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(returned, sizeof(KSMULTIPLE_ITEM) + sizeof(KSPROPERTY));
    struct {
      KSMULTIPLE_ITEM head;
      KSPROPERTY related;
    } answer{};
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, &answer, sizeof answer, &returned, KSPROPERTY_TYPE_RELATIONS),
              STATUS_SUCCESS);
    EXPECT_EQ(answer.head.Count, 1u);
    EXPECT_EQ(answer.related.Id, static_cast<ULONG>(kReadOnly));
    EXPECT_EQ(get_property(c.pin, kSet, kReadOnly, nullptr, 0, &returned, KSPROPERTY_TYPE_RELATIONS), STATUS_NOT_FOUND);
  });
}

TEST_F(Property, R_PROP_4_node_properties_go_to_the_nodes_table) {
  static KSAUTOMATION_TABLE node_table;
  static const KSNODE_DESCRIPTOR kNodes[] = {{nullptr, &GUID_NULL, nullptr}, {&node_table, &GUID_NULL, nullptr}};
  edit = [this](SYNTH_TABLES& tables) {
    node_table = *tables.FilterAutomation;
    tables.FilterAutomation->PropertySetsCount = 0;
    tables.Filter->NodeDescriptorsCount = 2;
    tables.Filter->NodeDescriptorSize = sizeof(KSNODE_DESCRIPTOR);
    tables.Filter->NodeDescriptors = kNodes;
  };
  expect_clean([&] {
    Client client;
    client.open();
    KSP_NODE request{};
    request.Property.Set = kSet;
    request.Property.Id = kPlain;
    request.Property.Flags = KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_TOPOLOGY;
    request.NodeId = 1;
    Handlers::value = 31;
    ULONG value = 0;
    const auto ask = [&](std::size_t bytes) {
      return control(client.handle(), IOCTL_KS_PROPERTY, &request, bytes, &value, sizeof value);
    };
    EXPECT_EQ(ask(sizeof request), STATUS_SUCCESS);
    EXPECT_EQ(value, 31u);
    request.NodeId = 0;
    EXPECT_EQ(ask(sizeof request), STATUS_PROPSET_NOT_FOUND);
    request.NodeId = 2;
    EXPECT_EQ(ask(sizeof request), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ask(sizeof(KSPROPERTY)), STATUS_INVALID_PARAMETER);
  });
}

// -- what AVStream answers --------------------------------------------------------------------------------------------

TEST_F(Property, R_KS_6_a_pin_type_describes_itself) {
  expect_clean([&] {
    Client client;
    client.open();
    ULONG types = 0;
    EXPECT_EQ(get_property(client.handle(), KSPROPSETID_Pin, KSPROPERTY_PIN_CTYPES, &types, sizeof types),
              STATUS_SUCCESS);
    EXPECT_EQ(types, static_cast<ULONG>(SYNTH_PIN_COUNT));
    KSP_PIN request{};
    request.Property.Set = KSPROPSETID_Pin;
    request.Property.Flags = KSPROPERTY_TYPE_GET;
    const auto ask = [&](ULONG id, void* data, std::size_t bytes, ULONG* returned = nullptr) {
      request.Property.Id = id;
      return control(client.handle(), IOCTL_KS_PROPERTY, &request, sizeof request, data, bytes, returned);
    };
    request.PinId = SYNTH_PIN_RENDER;
    KSPIN_DATAFLOW flow{};
    EXPECT_EQ(ask(KSPROPERTY_PIN_DATAFLOW, &flow, sizeof flow), STATUS_SUCCESS);
    EXPECT_EQ(flow, KSPIN_DATAFLOW_IN);
    KSPIN_COMMUNICATION communication{};
    EXPECT_EQ(ask(KSPROPERTY_PIN_COMMUNICATION, &communication, sizeof communication), STATUS_SUCCESS);
    EXPECT_EQ(communication, KSPIN_COMMUNICATION_SINK);
    ULONG size = 0, returned = 0;
    EXPECT_EQ(ask(KSPROPERTY_PIN_DATARANGES, &size, sizeof size), STATUS_SUCCESS);  // the size alone
    EXPECT_EQ(size, sizeof(KSMULTIPLE_ITEM) + 2 * sizeof(KSDATARANGE));
    std::vector<UCHAR> list(size);
    EXPECT_EQ(ask(KSPROPERTY_PIN_DATARANGES, list.data(), list.size() - 1), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(ask(KSPROPERTY_PIN_DATARANGES, list.data(), list.size(), &returned), STATUS_SUCCESS);
    EXPECT_EQ(returned, size);
    EXPECT_EQ(reinterpret_cast<const KSMULTIPLE_ITEM*>(list.data())->Count, 2u);
    // Neither interfaces nor mediums are listed: the standard ones.
    struct {
      KSMULTIPLE_ITEM head;
      KSIDENTIFIER item;
    } one{};
    EXPECT_EQ(ask(KSPROPERTY_PIN_INTERFACES, &one, sizeof one), STATUS_SUCCESS);
    EXPECT_TRUE(IsEqualGUID(one.item.Set, KSINTERFACESETID_Standard));
    EXPECT_EQ(ask(KSPROPERTY_PIN_MEDIUMS, &one, sizeof one), STATUS_SUCCESS);
    EXPECT_TRUE(IsEqualGUID(one.item.Set, KSMEDIUMSETID_Standard));
    request.PinId = SYNTH_PIN_COUNT;
    EXPECT_EQ(ask(KSPROPERTY_PIN_DATAFLOW, &flow, sizeof flow), STATUS_INVALID_PARAMETER);
  });
}

TEST_F(Property, R_KS_4_the_default_topology_connects_each_pin_to_one_node) {
  expect_clean([&] {
    Client client;
    client.open();
    struct {
      KSMULTIPLE_ITEM head;
      KSTOPOLOGY_CONNECTION connections[SYNTH_PIN_COUNT];
    } answer{};
    EXPECT_EQ(
        get_property(client.handle(), KSPROPSETID_Topology, KSPROPERTY_TOPOLOGY_CONNECTIONS, &answer, sizeof answer),
        STATUS_SUCCESS);
    EXPECT_EQ(answer.head.Count, static_cast<ULONG>(SYNTH_PIN_COUNT));
    const KSTOPOLOGY_CONNECTION& capture = answer.connections[SYNTH_PIN_CAPTURE];
    EXPECT_EQ(capture.FromNode, 0u);
    EXPECT_EQ(capture.ToNode, static_cast<ULONG>(KSFILTER_NODE));
    EXPECT_EQ(capture.ToNodePin, static_cast<ULONG>(SYNTH_PIN_CAPTURE));
    const KSTOPOLOGY_CONNECTION& render = answer.connections[SYNTH_PIN_RENDER];
    EXPECT_EQ(render.FromNode, static_cast<ULONG>(KSFILTER_NODE));
    EXPECT_EQ(render.ToNode, 0u);
  });
}

TEST_F(Property, R_ALC_1_framing_is_given_as_the_descriptor_has_it_or_not_at_all) {
  expect_clean([&] {
    Connection c;
    KSALLOCATOR_FRAMING_EX framing{};
    EXPECT_EQ(get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX, &framing,
                           sizeof framing),
              STATUS_SUCCESS);
    EXPECT_EQ(framing.CountItems, 1u);
    EXPECT_EQ(framing.FramingItem[0].Frames, 3u);
    KSALLOCATOR_FRAMING simple{};
    EXPECT_EQ(
        get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_ALLOCATORFRAMING, &simple, sizeof simple),
        STATUS_SUCCESS);
    EXPECT_EQ(simple.Frames, 3u);
    EXPECT_EQ(simple.FrameSize, 256u);
    EXPECT_EQ(simple.RequirementsFlags, static_cast<ULONG>(KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY));
  });
}

TEST_F(Property, R_ALC_1_no_framing_means_no_such_property) {
  edit = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].AllocatorFraming = nullptr; };
  expect_clean([&] {
    Connection c;
    KSALLOCATOR_FRAMING_EX framing{};
    EXPECT_EQ(get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX, &framing,
                           sizeof framing),
              STATUS_NOT_FOUND);
  });
}

// -- formats ----------------------------------------------------------------------------------------------------------

TEST_F(Property, R_CRE_7_a_live_format_change_asks_the_driver_with_old_and_new) {
  expect_clean([&] {
    Connection c(SYNTH_PIN_CAPTURE, KSSTATE_PAUSE);
    std::vector<std::pair<ULONG, ULONG>> changes;
    NTSTATUS answer = STATUS_SUCCESS;
    driver.set_format = [&](PKSPIN pin, PKSDATAFORMAT old_format, const KSDATARANGE*) -> NTSTATUS {
      changes.emplace_back(old_format != nullptr ? old_format->SampleSize : 0, pin->ConnectionFormat->SampleSize);
      return answer;
    };
    KSDATAFORMAT format = synth_format(1000);
    EXPECT_EQ(set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format),
              STATUS_SUCCESS);
    KSDATAFORMAT current{};
    EXPECT_EQ(get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &current, sizeof current),
              STATUS_SUCCESS);
    EXPECT_EQ(current.SampleSize, 1000u);
    // Refused: the old one stays.
    answer = STATUS_INVALID_DEVICE_STATE;
    format.SampleSize = 2000;
    EXPECT_EQ(set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format),
              STATUS_INVALID_DEVICE_STATE);
    get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &current, sizeof current);
    EXPECT_EQ(current.SampleSize, 1000u);
    EXPECT_EQ(changes, (std::vector<std::pair<ULONG, ULONG>>{{256, 1000}, {1000, 2000}}));
    // Outside all ranges, or no format at all.
    format.SubFormat = KSDATAFORMAT_SUBTYPE_NONE;
    EXPECT_EQ(set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format),
              STATUS_NO_MATCH);
    EXPECT_EQ(set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, 8),
              STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(changes.size(), 2u);
  });
}

TEST_F(Property, R_CRE_7_a_fixed_format_cannot_be_set) {
  edit = [](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].Flags = KSPIN_FLAG_FIXED_FORMAT; };
  expect_clean([&] {
    Connection c;
    const KSDATAFORMAT format = synth_format(1000);
    EXPECT_EQ(set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &format, sizeof format),
              STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(driver.count(SynthPinSetDataFormat), 1u);  // at creation
  });
}

TEST_F(Property, R_CRE_7_a_proposal_changes_nothing) {
  expect_clean([&] {
    Connection c;
    KSDATAFORMAT format = synth_format(1000), current{};
    EXPECT_EQ(
        set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_PROPOSEDATAFORMAT, &format, sizeof format),
        STATUS_SUCCESS);
    format.MajorFormat = kOtherSet;
    EXPECT_EQ(
        set_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_PROPOSEDATAFORMAT, &format, sizeof format),
        STATUS_NO_MATCH);
    get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, &current, sizeof current);
    EXPECT_EQ(current.SampleSize, 256u);
    EXPECT_EQ(driver.count(SynthPinSetDataFormat), 1u);
  });
}

}  // namespace
}  // namespace p2p::test
