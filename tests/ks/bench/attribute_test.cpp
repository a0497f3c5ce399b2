// Attributes of data ranges and formats (R-ATT-1..4).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

const GUID kNeeded = SYNTH_GUID(40), kOptional = SYNTH_GUID(41), kOther = SYNTH_GUID(42);

/// An attribute with a value behind it, so that it does not end on an 8-byte boundary.
struct Valued {
  KSATTRIBUTE head;
  ULONG value;
};
constexpr ULONG kValued = sizeof(KSATTRIBUTE) + sizeof(ULONG);

KSATTRIBUTE attribute(const GUID& id, bool required = false) {
  return {sizeof(KSATTRIBUTE), required ? KSATTRIBUTE_REQUIRED : 0u, id};
}

void pad(std::vector<UCHAR>& bytes) { bytes.resize((bytes.size() + 7) & ~std::size_t{7}); }
void append(std::vector<UCHAR>& bytes, const void* at, std::size_t count) {
  const auto* first = static_cast<const UCHAR*>(at);
  bytes.insert(bytes.end(), first, first + count);
}
/// A range or format of the synthetic pins, with attributes if there are any.
std::vector<UCHAR> with(KSDATAFORMAT format, const std::vector<KSATTRIBUTE>& attributes) {
  if (!attributes.empty()) format.Flags |= KSDATAFORMAT_ATTRIBUTES;
  std::vector<UCHAR> bytes;
  append(bytes, &format, sizeof format);
  if (attributes.empty()) return bytes;
  const KSMULTIPLE_ITEM head{static_cast<ULONG>(sizeof head + attributes.size() * sizeof(KSATTRIBUTE)),
                             static_cast<ULONG>(attributes.size())};
  append(bytes, &head, sizeof head);
  for (const KSATTRIBUTE& one : attributes) append(bytes, &one, sizeof one);
  return bytes;
}

struct Told {
  static inline std::vector<const KSATTRIBUTE_LIST*> ranges;   // of each SetDataFormat
  static inline std::vector<PKSMULTIPLE_ITEM> current, old;    // Pin->AttributeList, OldAttributeList
  static inline std::vector<GUID> first_attribute;             // of the current list
  static inline std::vector<const KSATTRIBUTE_LIST*> handled;  // of each call of the intersection handler
  static NTSTATUS NTAPI set_format(PKSPIN pin, PKSDATAFORMAT, PKSMULTIPLE_ITEM old_list, const KSDATARANGE*,
                                   const KSATTRIBUTE_LIST* list) {
    ranges.push_back(list);
    old.push_back(old_list);
    current.push_back(pin->AttributeList);
    if (pin->AttributeList != nullptr) {
      first_attribute.push_back(reinterpret_cast<const KSATTRIBUTE*>(pin->AttributeList + 1)->Attribute);
    }
    return STATUS_SUCCESS;
  }
  static NTSTATUS NTAPI intersect(PVOID, PIRP irp, PKSP_PIN, PKSDATARANGE, PKSDATARANGE range, ULONG room, PVOID data,
                                  PULONG bytes) {
    handled.push_back(KSPROPERTY_ATTRIBUTES_IRP_STORAGE(irp));
    *bytes = sizeof(KSDATAFORMAT);
    if (room == 0) return STATUS_BUFFER_OVERFLOW;
    std::memcpy(data, range, sizeof(KSDATAFORMAT));
    return STATUS_SUCCESS;
  }
};

/// The capture pin has two ranges: the first with attributes, one of which it requires, the second, of the other
/// subformat, without.
class Attribute : public KsTest {
 protected:
  Attribute() {
    driver.configure = [this](SYNTH_TABLES& tables) {
      KSPIN_DESCRIPTOR_EX& pin = tables.Pins[SYNTH_PIN_CAPTURE];
      plain = *pin.PinDescriptor.DataRanges[1];
      listed = *pin.PinDescriptor.DataRanges[0];
      listed.Flags = KSDATARANGE_ATTRIBUTES | KSDATARANGE_REQUIRED_ATTRIBUTES;
      needed = attribute(kNeeded, true);
      optional = {{kValued, 0, kOptional}, 0x1234};
      entries[0] = &needed;
      entries[1] = &optional.head;
      list = {2, entries};
      table[0] = &listed;
      table[1] = reinterpret_cast<PKSDATARANGE>(&list);
      table[2] = &plain;
      pin.PinDescriptor.DataRanges = table;
      pin.PinDescriptor.DataRangesCount = count;
      pin.IntersectHandler = Told::intersect;
      tables.PinDispatch->SetDataFormat = Told::set_format;
    };
  }
  static NTSTATUS create(const Client& client, nt::Handle* pin, const std::vector<UCHAR>& format) {
    return client.create_pin_bytes(pin, SYNTH_PIN_CAPTURE, format);
  }
  static NTSTATUS intersect(const std::vector<std::vector<UCHAR>>& ranges, ULONG items, KSDATAFORMAT* format,
                            std::size_t cut = 0) {
    Client client;
    client.open();
    std::vector<UCHAR> input;
    KSP_PIN request{};
    request.Property.Set = KSPROPSETID_Pin;
    request.Property.Id = KSPROPERTY_PIN_DATAINTERSECTION;
    request.Property.Flags = KSPROPERTY_TYPE_GET;
    append(input, &request, sizeof request);
    KSMULTIPLE_ITEM head{0, items};
    append(input, &head, sizeof head);
    for (const auto& range : ranges) {
      append(input, range.data(), range.size());
      pad(input);
    }
    input.resize(input.size() - cut);
    return control(client.handle(), IOCTL_KS_PROPERTY, input.data(), input.size(), format, sizeof *format);
  }
  ULONG count = 3;
  KSDATARANGE listed{}, plain{};
  KSATTRIBUTE needed{};
  Valued optional{};
  PKSATTRIBUTE entries[2]{};
  KSATTRIBUTE_LIST list{};
  PKSDATARANGE table[3]{};
};

TEST_F(Attribute, R_ATT_1_a_range_whose_list_is_missing_is_refused_with_its_descriptor) {
  count = 1;
  run_client([] {});
  EXPECT_NE(start_status, STATUS_SUCCESS);
  EXPECT_EQ(events.count("no list of attributes follows the last data range"), 1u);
}

TEST_F(Attribute, R_ATT_2_a_client_reads_them_behind_their_range_as_an_item_of_their_own) {
  expect_clean([&] {
    Client client;
    client.open();
    KSP_PIN request{};
    request.Property.Set = KSPROPSETID_Pin;
    request.Property.Id = KSPROPERTY_PIN_DATARANGES;
    request.Property.Flags = KSPROPERTY_TYPE_GET;
    request.PinId = SYNTH_PIN_CAPTURE;
    UCHAR bytes[512];
    ULONG returned = 0;
    EXPECT_EQ(control(client.handle(), IOCTL_KS_PROPERTY, &request, sizeof request, bytes, sizeof bytes, &returned),
              STATUS_SUCCESS);
    const auto* head = reinterpret_cast<const KSMULTIPLE_ITEM*>(bytes);
    EXPECT_EQ(head->Count, 3u);
    EXPECT_EQ(head->Size, returned);
    const auto* first = reinterpret_cast<const KSDATARANGE*>(head + 1);
    EXPECT_EQ(first->Flags, static_cast<ULONG>(KSDATARANGE_ATTRIBUTES | KSDATARANGE_REQUIRED_ATTRIBUTES));
    const auto* attributes = reinterpret_cast<const KSMULTIPLE_ITEM*>(first + 1);
    EXPECT_EQ(attributes->Count, 2u);
    const auto* one = reinterpret_cast<const KSATTRIBUTE*>(attributes + 1);
    EXPECT_TRUE(IsEqualGUID(one->Attribute, kNeeded));
    EXPECT_EQ(one->Flags, static_cast<ULONG>(KSATTRIBUTE_REQUIRED));
    const auto* two = reinterpret_cast<const Valued*>(one + 1);
    EXPECT_TRUE(IsEqualGUID(two->head.Attribute, kOptional));
    EXPECT_EQ(two->head.Size, kValued);
    EXPECT_EQ(two->value, 0x1234u);
    const std::size_t list_bytes = sizeof *attributes + sizeof *one + ((kValued + 7) & ~7u);
    EXPECT_EQ(attributes->Size, list_bytes);
    const auto* second = reinterpret_cast<const KSDATARANGE*>(reinterpret_cast<const UCHAR*>(attributes) + list_bytes);
    EXPECT_TRUE(IsEqualGUID(second->SubFormat, plain.SubFormat));
    EXPECT_EQ(second->FormatSize, sizeof plain);
    EXPECT_EQ(second->Flags, 0u);
    EXPECT_EQ(returned, sizeof *head + 2 * sizeof(KSDATARANGE) + list_bytes);
  });
}

TEST_F(Attribute, R_ATT_3_ranges_intersect_if_each_has_what_the_other_requires) {
  expect_clean([&] {
    const KSDATAFORMAT range = synth_format();
    KSDATAFORMAT found{};
    EXPECT_EQ(intersect({with(range, {})}, 1, &found), STATUS_NO_MATCH) << "the pin requires an attribute";
    EXPECT_EQ(intersect({with(range, {attribute(kOptional)})}, 2, &found), STATUS_NO_MATCH);
    EXPECT_EQ(intersect({with(range, {attribute(kNeeded), attribute(kOther, true)})}, 2, &found), STATUS_NO_MATCH)
        << "the client requires one that the pin does not have";
    EXPECT_TRUE(Told::handled.empty());
    EXPECT_EQ(events.count("format.try pin=0 range=0 status=3221226098 field=Attributes"), 3u);
    EXPECT_EQ(intersect({with(range, {attribute(kOther), attribute(kNeeded)})}, 2, &found), STATUS_SUCCESS);
    EXPECT_EQ(Told::handled, std::vector<const KSATTRIBUTE_LIST*>{&list}) << "the handler sees the pin's list";
    EXPECT_EQ(intersect({with(range, {attribute(kNeeded), attribute(kOptional, true)})}, 2, &found), STATUS_SUCCESS);
  });
}

TEST_F(Attribute, R_ATT_3_a_later_range_of_the_client_is_found_behind_the_attributes_of_an_earlier_one) {
  expect_clean([&] {
    KSDATAFORMAT range = synth_format(), found{};
    const GUID other = SYNTH_OTHER_SUBFORMAT;
    KSDATAFORMAT second = range;
    second.SubFormat = other;
    EXPECT_EQ(intersect({with(range, {attribute(kOther, true)}), with(second, {})}, 3, &found), STATUS_SUCCESS);
    EXPECT_TRUE(IsEqualGUID(found.SubFormat, other));
    EXPECT_EQ(Told::handled, std::vector<const KSATTRIBUTE_LIST*>{nullptr});
  });
}

TEST_F(Attribute, R_ATT_2_lists_that_are_not_all_there_are_refused) {
  expect_clean([&] {
    const KSDATAFORMAT range = synth_format();
    KSDATAFORMAT found{};
    const auto whole = with(range, {attribute(kNeeded)});
    EXPECT_EQ(intersect({whole}, 2, &found, 8), STATUS_INVALID_BUFFER_SIZE) << "the attribute is cut";
    EXPECT_EQ(intersect({whole}, 2, &found, sizeof(KSATTRIBUTE) + sizeof(KSMULTIPLE_ITEM)), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(intersect({whole}, 1, &found), STATUS_INVALID_BUFFER_SIZE) << "an item short";
    auto small = whole;
    reinterpret_cast<PKSATTRIBUTE>(small.data() + sizeof range + sizeof(KSMULTIPLE_ITEM))->Size = 8;
    EXPECT_EQ(intersect({small}, 2, &found), STATUS_INVALID_BUFFER_SIZE);
    auto many = whole;
    reinterpret_cast<PKSMULTIPLE_ITEM>(many.data() + sizeof range)->Count = 1000;
    EXPECT_EQ(intersect({many}, 2, &found), STATUS_INVALID_BUFFER_SIZE);
    Client client;
    client.open();
    nt::Handle pin = 0;
    EXPECT_EQ(create(client, &pin, many), STATUS_INVALID_BUFFER_SIZE);
  });
}

TEST_F(Attribute, R_ATT_4_a_connection_has_the_attributes_that_it_was_made_with) {
  expect_clean([&] {
    Client client;
    client.open();
    nt::Handle pin = 0;
    EXPECT_EQ(create(client, &pin, with(synth_format(), {})), STATUS_NO_MATCH);
    EXPECT_TRUE(Told::ranges.empty());
    const auto first = with(synth_format(), {attribute(kNeeded)});
    ASSERT_EQ(create(client, &pin, first), STATUS_SUCCESS);
    EXPECT_EQ(Told::ranges, std::vector<const KSATTRIBUTE_LIST*>{&list});
    EXPECT_EQ(Told::old, std::vector<PKSMULTIPLE_ITEM>{nullptr});
    ASSERT_NE(Told::current[0], nullptr) << "Pin->AttributeList";
    EXPECT_TRUE(IsEqualGUID(Told::first_attribute[0], kNeeded));

    UCHAR bytes[256];
    ULONG returned = 0;
    EXPECT_EQ(
        get_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, bytes, sizeof bytes, &returned),
        STATUS_SUCCESS);
    ASSERT_EQ(returned, first.size());
    EXPECT_EQ(std::memcmp(bytes, first.data(), first.size()), 0);

    // A change: the old list and the new one; one that does not fit leaves everything as it was.
    const auto second = with(synth_format(), {attribute(kOptional), attribute(kNeeded)});
    EXPECT_EQ(set_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_PROPOSEDATAFORMAT, second.data(),
                           second.size()),
              STATUS_SUCCESS);
    EXPECT_EQ(set_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, second.data(), second.size()),
              STATUS_SUCCESS);
    EXPECT_EQ(Told::old[1], Told::current[0]);
    EXPECT_TRUE(IsEqualGUID(Told::first_attribute[1], kOptional));
    const auto refused = with(synth_format(), {attribute(kOther, true)});
    EXPECT_EQ(set_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_PROPOSEDATAFORMAT, refused.data(),
                           refused.size()),
              STATUS_NO_MATCH);
    EXPECT_EQ(
        set_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, refused.data(), refused.size()),
        STATUS_NO_MATCH);
    get_property(pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, bytes, sizeof bytes, &returned);
    EXPECT_EQ(returned, second.size());
    nt::close(pin);
  });
}

TEST_F(Attribute, R_ATT_4_a_range_without_attributes_takes_formats_that_require_none) {
  expect_clean([&] {
    Client client;
    client.open();
    nt::Handle pin = 0;
    KSDATAFORMAT other = synth_format();
    const GUID sub = SYNTH_OTHER_SUBFORMAT;
    other.SubFormat = sub;
    EXPECT_EQ(create(client, &pin, with(other, {attribute(kOther, true)})), STATUS_NO_MATCH);
    ASSERT_EQ(create(client, &pin, with(other, {attribute(kOther)})), STATUS_SUCCESS);
    EXPECT_EQ(Told::ranges, std::vector<const KSATTRIBUTE_LIST*>{nullptr});
    nt::close(pin);
  });
}

}  // namespace
}  // namespace p2p::test
