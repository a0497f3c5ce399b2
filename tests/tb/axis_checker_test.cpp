// Every AXI4-Stream rule broken once, and legal traffic that breaks none.
#include "tb/check/axis_checker.h"

#include "tests/tb/drive.h"

namespace p2p::tb {
namespace {

using Driver = Drive<VideoChecker, Video>;

Video quiet_video() {
  Video pins{};
  pins.rst_n = 1;
  return pins;
}
auto beat(std::uint32_t data, bool first = false, bool last = false, bool ready = true) {
  return [=](Video& v) {
    v.tvalid = 1;
    v.tready = ready;
    v.tdata = data;
    v.tuser = first;
    v.tlast = last;
  };
}

const std::vector<RuleCase<Driver>> kCases{
    {"AXIS_RESET", 100, [](Driver& d) { d.with([](Video& v) { v.rst_n = 0, v.tvalid = 1; }); }},
    {"AXIS_STABLE", 101, [](Driver& d) { d.with(beat(1, true, false, false)).idle_for(2); }},
    {"AXIS_STABLE", 102, [](Driver& d) { d.with(beat(1, true)).with(beat(2, false, false, false)).with(beat(3)); }},
    {"AXIS_STABLE", 102,
     [](Driver& d) { d.with(beat(1, true)).with(beat(2, false, false, false)).with(beat(2, false, true)); }},
    {"AXIS_SOF_FIRST", 103, [](Driver& d) { d.idle_for(3).with(beat(1)).with(beat(2)); }},
};

class VideoRule : public ::testing::TestWithParam<RuleCase<Driver>> {};

TEST_P(VideoRule, FiresAloneAtItsCycle) {
  VideoChecker checker;
  Driver driver(checker, quiet_video());
  GetParam().steps(driver);
  expect_only(checker, GetParam());
  EXPECT_EQ(checker.violations.list().front().clock, "pixel");
}

INSTANTIATE_TEST_SUITE_P(All, VideoRule, ::testing::ValuesIn(kCases));

TEST(VideoChecker, EveryRuleHasACase) { expect_every_rule_has_a_case(VideoChecker(), kCases); }

TEST(VideoChecker, LegalTrafficBreaksNothingAndExercisesEveryRule) {
  VideoChecker checker;
  Driver d(checker, quiet_video());
  d.with([](Video& v) { v.rst_n = 0; });
  for (unsigned frame = 0; frame < 3; ++frame) {
    for (unsigned i = 0; i < 64; ++i) {
      d.with(beat(i, i == 0, i % 8 == 7, false)).with(beat(i, i == 0, i % 8 == 7));
      if (i % 8 == 7) d.idle_for(5);
    }
  }
  EXPECT_TRUE(checker.violations.list().empty()) << checker.violations.list().front().text;
  for (const Rule& rule : checker.rules) EXPECT_GT(rule.exercised, 0u) << rule.name;
  EXPECT_EQ(checker.beats, 192u);
}

}  // namespace
}  // namespace p2p::tb
