// KsMergeAutomationTables (R-PROP-1).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

const GUID kFirst = SYNTH_PROPSET, kSecond = SYNTH_EVENTSET;

NTSTATUS NTAPI from_a(PIRP, PKSIDENTIFIER, PVOID data) {
  *static_cast<ULONG*>(data) = 0xA;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI from_b(PIRP, PKSIDENTIFIER, PVOID data) {
  *static_cast<ULONG*>(data) = 0xB;
  return STATUS_SUCCESS;
}
KSPROPERTY_ITEM item(ULONG id, PFNKSHANDLER get) {
  KSPROPERTY_ITEM made{};
  made.PropertyId = id;
  made.GetPropertyHandler = get;
  made.MinProperty = sizeof(KSPROPERTY);
  made.MinData = sizeof(ULONG);
  return made;
}
const KSPROPERTY_ITEM kA[] = {item(1, from_a), item(2, from_a)};
const KSPROPERTY_ITEM kB[] = {item(2, from_b), item(3, from_b)};
const KSPROPERTY_SET kSetsA[] = {{&kFirst, 2, kA, 0, nullptr}};
const KSPROPERTY_SET kSetsB[] = {{&kFirst, 2, kB, 0, nullptr}, {&kSecond, 2, kB, 0, nullptr}};
const KSEVENT_ITEM kEventItems[] = {{4, sizeof(KSEVENTDATA), 0, nullptr, nullptr, nullptr}};
const KSEVENT_SET kEventSets[] = {{&kSecond, 1, kEventItems}};

class MergeTables : public KsTest {
 protected:
  MergeTables() {
    a.PropertySetsCount = 1;
    a.PropertyItemSize = sizeof(KSPROPERTY_ITEM);
    a.PropertySets = kSetsA;
    b.PropertySetsCount = 2;
    b.PropertyItemSize = sizeof(KSPROPERTY_ITEM);
    b.PropertySets = kSetsB;
    b.EventSetsCount = 1;
    b.EventItemSize = sizeof(KSEVENT_ITEM);
    b.EventSets = kEventSets;
  }
  static ULONG value_of(nt::Handle file, const GUID& set, ULONG id) {
    ULONG value = 0;
    EXPECT_EQ(get_property(file, set, id, &value, sizeof value), STATUS_SUCCESS) << "property " << id;
    return value;
  }
  KSAUTOMATION_TABLE a{}, b{};
};

TEST_F(MergeTables, R_PROP_1_the_first_table_wins_and_the_second_adds_what_it_lacks) {
  driver.configure = [](SYNTH_TABLES& tables) { tables.Filter->AutomationTable = nullptr; };
  driver.filter_create = [&](PKSFILTER filter, PIRP) {
    PKSAUTOMATION_TABLE merged = nullptr;
    EXPECT_EQ(KsMergeAutomationTables(&merged, &a, &b, filter->Bag), STATUS_SUCCESS);
    // As drivers do: the filter's own descriptor has the merged table.
    EXPECT_EQ(_KsEdit(filter->Bag, const_cast<PVOID*>(reinterpret_cast<const void* const*>(&filter->Descriptor)),
                      sizeof(KSFILTER_DESCRIPTOR), sizeof(KSFILTER_DESCRIPTOR), 'tseT'),
              STATUS_SUCCESS);
    const_cast<KSFILTER_DESCRIPTOR*>(filter->Descriptor)->AutomationTable = merged;
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Client client;
    ASSERT_EQ(client.open(), STATUS_SUCCESS);
    EXPECT_EQ(value_of(client.handle(), kFirst, 1), 0xAu);
    EXPECT_EQ(value_of(client.handle(), kFirst, 2), 0xAu) << "both have it: the first one's counts";
    EXPECT_EQ(value_of(client.handle(), kFirst, 3), 0xBu);
    EXPECT_EQ(value_of(client.handle(), kSecond, 2), 0xBu) << "a set that only the second has";
    ULONG value = 0;
    EXPECT_EQ(get_property(client.handle(), kFirst, 4, &value, sizeof value), STATUS_NOT_FOUND);
  });
}

TEST_F(MergeTables, R_PROP_1_one_table_alone_is_copied_and_none_is_nothing_to_do) {
  driver.filter_create = [&](PKSFILTER filter, PIRP) {
    PKSAUTOMATION_TABLE merged = &a;
    EXPECT_EQ(KsMergeAutomationTables(&merged, nullptr, nullptr, filter->Bag), STATUS_SUCCESS);
    EXPECT_EQ(merged, &a) << "nothing was to be done";
    EXPECT_EQ(KsMergeAutomationTables(&merged, nullptr, &b, filter->Bag), STATUS_SUCCESS);
    EXPECT_NE(merged, &b);
    EXPECT_EQ(merged->PropertySetsCount, 2u);
    EXPECT_EQ(merged->EventSetsCount, 1u);
    EXPECT_EQ(merged->EventSets[0].EventItem[0].EventId, 4u);
    EXPECT_EQ(merged->MethodSets, nullptr);
    PKSAUTOMATION_TABLE without_bag = nullptr;
    EXPECT_EQ(KsMergeAutomationTables(&without_bag, &a, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(without_bag->PropertySets[0].PropertiesCount, 2u);
    ExFreePool(without_bag);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
  });
}

TEST_F(MergeTables, R_PROP_1_a_table_from_the_bag_is_replaced_there) {
  driver.filter_create = [&](PKSFILTER filter, PIRP) {
    PKSAUTOMATION_TABLE once = nullptr, twice = nullptr;
    EXPECT_EQ(KsMergeAutomationTables(&once, &a, nullptr, filter->Bag), STATUS_SUCCESS);
    EXPECT_EQ(KsMergeAutomationTables(&twice, once, &b, filter->Bag), STATUS_SUCCESS);
    EXPECT_EQ(KsRemoveItemFromObjectBag(filter->Bag, once, FALSE), 0u) << "the input is still in the bag";
    EXPECT_EQ(twice->PropertySets[0].PropertiesCount, 3u);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
  });
}

TEST_F(MergeTables, R_PROP_1_items_of_different_sizes_get_the_larger_ones_stride) {
  struct Large {
    KSPROPERTY_ITEM item;
    ULONGLONG own;
  };
  static const Large large[] = {{item(9, from_b), 0x99}};
  static const KSPROPERTY_SET sets[] = {{&kFirst, 1, &large[0].item, 0, nullptr}};
  b.PropertySetsCount = 1;
  b.PropertyItemSize = sizeof(Large);
  b.PropertySets = sets;
  driver.filter_create = [&](PKSFILTER filter, PIRP) {
    PKSAUTOMATION_TABLE merged = nullptr;
    EXPECT_EQ(KsMergeAutomationTables(&merged, &a, &b, filter->Bag), STATUS_SUCCESS);
    EXPECT_EQ(merged->PropertyItemSize, sizeof(Large));
    EXPECT_EQ(merged->PropertySets[0].PropertiesCount, 3u);
    const auto* items = reinterpret_cast<const Large*>(merged->PropertySets[0].PropertyItem);
    EXPECT_EQ(items[1].item.PropertyId, 2u);
    EXPECT_EQ(items[1].own, 0u);
    EXPECT_EQ(items[2].item.PropertyId, 9u);
    EXPECT_EQ(items[2].own, 0x99u);
    return STATUS_SUCCESS;
  };
  expect_clean([&] {
    Client client;
    EXPECT_EQ(client.open(), STATUS_SUCCESS);
  });
}

}  // namespace
}  // namespace p2p::test
