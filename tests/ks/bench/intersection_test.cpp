// Data intersection (R-INT-SEC-1, R-INT-SEC-2).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

#include <cstring>

namespace p2p::test {
namespace {

struct Intersection {
  static inline std::vector<std::pair<const KSDATARANGE*, const KSDATARANGE*>> calls;
  static inline std::vector<NTSTATUS> answers;
  static NTSTATUS NTAPI handler(PVOID, PIRP, PKSP_PIN, PKSDATARANGE caller, PKSDATARANGE range, ULONG room, PVOID data,
                                PULONG bytes) {
    calls.emplace_back(caller, range);
    const NTSTATUS answer = answers[calls.size() - 1];
    if (answer != STATUS_SUCCESS) return answer;
    *bytes = sizeof(KSDATAFORMAT);
    if (room == 0) return STATUS_BUFFER_OVERFLOW;
    if (room < sizeof(KSDATAFORMAT)) return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(data, range, sizeof(KSDATAFORMAT));
    return STATUS_SUCCESS;
  }
};

class Intersect : public KsTest {
 protected:
  Intersect() {
    driver.configure = [this](SYNTH_TABLES& tables) { tables.Pins[SYNTH_PIN_CAPTURE].IntersectHandler = handler; };
  }
  /// Asks with `ranges`; the status. `format` may be null.
  NTSTATUS ask(const std::vector<KSDATARANGE>& ranges, KSDATAFORMAT* format, ULONG* returned = nullptr,
               std::size_t cut = 0) {
    Client client;
    client.open();
    std::vector<UCHAR> input(sizeof(KSP_PIN) + sizeof(KSMULTIPLE_ITEM) + ranges.size() * sizeof(KSDATARANGE) - cut);
    KSP_PIN request{};
    request.Property.Set = KSPROPSETID_Pin;
    request.Property.Id = KSPROPERTY_PIN_DATAINTERSECTION;
    request.Property.Flags = KSPROPERTY_TYPE_GET;
    const KSMULTIPLE_ITEM head{static_cast<ULONG>(input.size() - sizeof request), static_cast<ULONG>(ranges.size())};
    std::memcpy(input.data(), &request, sizeof request);
    std::memcpy(input.data() + sizeof request, &head, sizeof head);
    if (!ranges.empty()) {
      std::memcpy(input.data() + sizeof request + sizeof head, ranges.data(),
                  ranges.size() * sizeof(KSDATARANGE) - cut);
    }
    return control(client.handle(), IOCTL_KS_PROPERTY, input.data(), input.size(), format,
                   format != nullptr ? sizeof *format : 0, returned);
  }
  static KSDATARANGE range(const GUID& sub) {
    KSDATARANGE result{};
    const KSDATAFORMAT format = synth_format();
    result.FormatSize = sizeof result;
    result.MajorFormat = format.MajorFormat;
    result.SubFormat = sub;
    result.Specifier = format.Specifier;
    return result;
  }
  PFNKSINTERSECTHANDLEREX handler = Intersection::handler;
};

TEST_F(Intersect, R_INT_SEC_1_each_client_range_meets_each_compatible_pin_range_until_one_succeeds) {
  Intersection::answers = {STATUS_NO_MATCH, STATUS_NO_MATCH, STATUS_SUCCESS};
  expect_clean([&] {
    const GUID other = SYNTH_OTHER_SUBFORMAT, unknown = SYNTH_METHODSET;
    KSDATAFORMAT format{};
    ULONG returned = 0;
    // The first meets one range, the unknown one none, the wildcard both.
    EXPECT_EQ(ask({range(other), range(unknown), range(KSDATAFORMAT_SUBTYPE_WILDCARD)}, &format, &returned),
              STATUS_SUCCESS);
    ASSERT_EQ(Intersection::calls.size(), 3u);
    EXPECT_TRUE(IsEqualGUID(Intersection::calls[0].second->SubFormat, other));
    EXPECT_NE(Intersection::calls[1].second, Intersection::calls[2].second);
    EXPECT_EQ(Intersection::calls[1].first, Intersection::calls[2].first);
    EXPECT_EQ(returned, sizeof(KSDATAFORMAT));
    EXPECT_TRUE(IsEqualGUID(format.SubFormat, Intersection::calls[2].second->SubFormat));
  });
}

TEST_F(Intersect, R_INT_SEC_1_no_match_at_all_and_other_errors) {
  Intersection::answers = {STATUS_NO_MATCH, STATUS_INSUFFICIENT_RESOURCES};
  expect_clean([&] {
    const GUID other = SYNTH_OTHER_SUBFORMAT;
    KSDATAFORMAT format{};
    EXPECT_EQ(ask({range(other)}, &format), STATUS_NO_MATCH);
    EXPECT_EQ(ask({range(other), range(other)}, &format), STATUS_INSUFFICIENT_RESOURCES);  // ends the search
    EXPECT_EQ(Intersection::calls.size(), 2u);
    EXPECT_EQ(ask({}, &format), STATUS_NO_MATCH);
  });
}

TEST_F(Intersect, R_INT_SEC_2_without_a_buffer_the_size_is_told) {
  Intersection::answers = {STATUS_SUCCESS};
  expect_clean([&] {
    const GUID other = SYNTH_OTHER_SUBFORMAT;
    ULONG returned = 0;
    EXPECT_EQ(ask({range(other)}, nullptr, &returned), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(returned, sizeof(KSDATAFORMAT));
  });
}

TEST_F(Intersect, R_INT_SEC_1_a_list_that_is_cut_short_is_refused) {
  expect_clean([&] {
    const GUID other = SYNTH_OTHER_SUBFORMAT;
    KSDATAFORMAT format{};
    EXPECT_EQ(ask({range(other)}, &format, nullptr, 8), STATUS_INVALID_BUFFER_SIZE);
    KSDATARANGE longer = range(other);
    longer.FormatSize = 4096;
    EXPECT_EQ(ask({longer}, &format), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_TRUE(Intersection::calls.empty());
  });
}

TEST_F(Intersect, R_INT_SEC_1_a_last_range_without_its_padding_ends_the_list) {
  Intersection::answers = {STATUS_NO_MATCH, STATUS_SUCCESS};
  expect_clean([&] {
    Client client;
    client.open();
    // Two are announced, one of 65 bytes is there: rounded up, it ends behind the request.
    struct {
      KSP_PIN request{};
      KSMULTIPLE_ITEM head{};
      KSDATARANGE first{};
      UCHAR last_byte = 0;
    } input;
    constexpr std::size_t kBytes = sizeof(KSP_PIN) + sizeof(KSMULTIPLE_ITEM) + sizeof(KSDATARANGE) + 1;
    input.request.Property.Set = KSPROPSETID_Pin;
    input.request.Property.Id = KSPROPERTY_PIN_DATAINTERSECTION;
    input.request.Property.Flags = KSPROPERTY_TYPE_GET;
    input.head = {sizeof(KSMULTIPLE_ITEM) + 65, 2};
    input.first = range(SYNTH_OTHER_SUBFORMAT);
    input.first.FormatSize = 65;
    KSDATAFORMAT format{};
    EXPECT_EQ(control(client.handle(), IOCTL_KS_PROPERTY, &input, kBytes, &format, sizeof format),
              STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(Intersection::calls.size(), 1u);
  });
}

TEST_F(Intersect, R_INT_SEC_2_without_a_handler_only_unspecified_formats_intersect) {
  handler = nullptr;
  expect_clean([&] {
    const GUID other = SYNTH_OTHER_SUBFORMAT;
    KSDATAFORMAT format{};
    EXPECT_EQ(ask({range(other)}, &format), STATUS_SUCCESS);
    EXPECT_TRUE(IsEqualGUID(format.SubFormat, other));
    EXPECT_EQ(format.FormatSize, sizeof format);
    KSDATARANGE specified = range(other);
    specified.Specifier = KSDATAFORMAT_SPECIFIER_VIDEOINFO;
    EXPECT_EQ(ask({specified}, &format), STATUS_NO_MATCH);
  });
}

}  // namespace
}  // namespace p2p::test
