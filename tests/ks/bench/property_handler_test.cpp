// What a minidriver's property handlers may answer, and what AVStream makes of it (R-PROP-3, R-PROP-4).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

const GUID kSet = SYNTH_PROPSET;

struct Answers {
  static inline NTSTATUS get_answer = STATUS_SUCCESS, support_answer = STATUS_SUCCESS;
  static inline ULONG support_item = 0;
  static NTSTATUS NTAPI get(PIRP, PKSIDENTIFIER, PVOID) { return get_answer; }
  static NTSTATUS NTAPI support(PIRP irp, PKSIDENTIFIER, PVOID data) {
    EXPECT_TRUE(IsEqualGUID(*KSPROPERTY_SET_IRP_STORAGE(irp)->Set, kSet));
    support_item = KSPROPERTY_ITEM_IRP_STORAGE(irp)->PropertyId;
    if (support_answer != STATUS_SUCCESS) return support_answer;
    *static_cast<ULONG*>(data) = 0x77;
    irp->IoStatus.Information = sizeof(ULONG);
    return STATUS_SUCCESS;
  }
};

const ULONG kRange[] = {1, 2, 3}, kDefault[] = {2};
const KSPROPERTY_MEMBERSLIST kMembers[] = {
    {{KSPROPERTY_MEMBER_VALUES, sizeof(ULONG), 3, 0}, kRange},
    {{KSPROPERTY_MEMBER_VALUES, sizeof(ULONG), 1, KSPROPERTY_MEMBER_FLAG_DEFAULT}, kDefault},
};
const KSPROPERTY_VALUES kValues = {{{{STATICGUIDOF(KSPROPTYPESETID_General), VT_UI4, 0}}}, 2, kMembers};

enum : ULONG { kOwn = 1, kPlain = 2 };

class PropertyHandler : public KsTest {
 protected:
  PropertyHandler() {
    driver.configure = [this](SYNTH_TABLES& tables) {
      state.PropertyId = KSPROPERTY_CONNECTION_STATE;
      state.GetPropertyHandler = Answers::get;
      state.MinProperty = sizeof(KSPROPERTY);
      state.MinData = sizeof(KSSTATE);
      items[0] = items[1] = state;
      items[0].PropertyId = kOwn;
      items[0].SupportHandler = Answers::support;
      items[0].Values = &kValues;
      items[1].PropertyId = kPlain;
      sets[0] = {&KSPROPSETID_Connection, 1, &state, 0, nullptr};
      sets[1] = {&kSet, 2, items, 0, nullptr};
      tables.PinAutomation->PropertySetsCount = 2;
      tables.PinAutomation->PropertyItemSize = sizeof(KSPROPERTY_ITEM);
      tables.PinAutomation->PropertySets = sets;
    };
  }
  KSPROPERTY_ITEM state{}, items[2]{};
  KSPROPERTY_SET sets[2]{};
};

TEST_F(PropertyHandler, R_PROP_1_not_found_is_an_answer_of_the_minidrivers_and_not_the_question_to_avstream) {
  expect_clean([&] {
    Connection c;
    Answers::get_answer = STATUS_NOT_FOUND;
    EXPECT_EQ(get_state(c.pin), -1);
    KSSTATE value = KSSTATE_RUN;
    EXPECT_EQ(get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &value, sizeof value),
              STATUS_NOT_FOUND);
    // The kind of request that it has no handler for is still AVStream's.
    EXPECT_EQ(set_state(c.pin, KSSTATE_ACQUIRE), STATUS_SUCCESS);
    EXPECT_EQ(set_state(c.pin, KSSTATE_STOP), STATUS_SUCCESS);
  });
}

TEST_F(PropertyHandler, R_PROP_3_some_not_mapped_leaves_the_rest_to_avstream) {
  expect_clean([&] {
    Connection c;
    Answers::get_answer = STATUS_SOME_NOT_MAPPED;
    KSSTATE value = KSSTATE_RUN;
    EXPECT_EQ(get_property(c.pin, KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &value, sizeof value),
              STATUS_SUCCESS);
    EXPECT_EQ(value, KSSTATE_STOP);                                                      // AVStream's own answer
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, &value, sizeof value), STATUS_SUCCESS);  // nobody has more to say
  });
}

TEST_F(PropertyHandler, R_PROP_4_a_support_handler_knows_its_item_and_may_leave_the_answer_to_avstream) {
  expect_clean([&] {
    Connection c;
    ULONG access = 0;
    EXPECT_EQ(get_property(c.pin, kSet, kOwn, &access, sizeof access, nullptr, KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(access, 0x77u);
    EXPECT_EQ(Answers::support_item, static_cast<ULONG>(kOwn));
    Answers::support_answer = STATUS_SOME_NOT_MAPPED;
    EXPECT_EQ(get_property(c.pin, kSet, kOwn, &access, sizeof access, nullptr, KSPROPERTY_TYPE_BASICSUPPORT),
              STATUS_SUCCESS);
    EXPECT_EQ(access, static_cast<ULONG>(KSPROPERTY_TYPE_GET));
  });
}

TEST_F(PropertyHandler, R_PROP_4_default_values_are_the_members_that_are_marked_so) {
  expect_clean([&] {
    Connection c;
    constexpr std::size_t kBytes = sizeof(KSPROPERTY_DESCRIPTION) + sizeof(KSPROPERTY_MEMBERSHEADER) + sizeof(ULONG);
    std::vector<UCHAR> answer(kBytes + 64);
    ULONG returned = 0;
    EXPECT_EQ(get_property(c.pin, kSet, kOwn, answer.data(), answer.size(), &returned, KSPROPERTY_TYPE_DEFAULTVALUES),
              STATUS_SUCCESS);
    EXPECT_EQ(returned, kBytes);
    KSPROPERTY_DESCRIPTION head{};
    std::memcpy(&head, answer.data(), sizeof head);
    EXPECT_EQ(head.MembersListCount, 1u);
    ULONG value = 0;
    std::memcpy(&value, answer.data() + kBytes - sizeof value, sizeof value);
    EXPECT_EQ(value, 2u);
    EXPECT_EQ(get_property(c.pin, kSet, kPlain, answer.data(), answer.size(), &returned, KSPROPERTY_TYPE_DEFAULTVALUES),
              STATUS_NOT_FOUND);
  });
}

}  // namespace
}  // namespace p2p::test
