// Every rule of completion records broken once, and legal records that break none.
#include "tb/check/completion_checker.h"

#include "tests/tb/drive.h"

namespace p2p::tb {
namespace {

using Driver = Drive<CompletionChecker, Bus>;

constexpr std::uint64_t kRing = 0x1'0000'0040;

void write(Driver& d, unsigned address, std::uint32_t data) {
  d.with([=](Bus& b) {
    b.axil.awvalid = b.axil.awready = b.axil.wvalid = b.axil.wready = 1;
    b.axil.awaddr = static_cast<std::uint16_t>(address);
    b.axil.wdata = data;
    b.axil.wstrb = 15;
  });
}
/// Three cycles, 100 to 102: a ring of two records.
void program(Driver& d) {
  write(d, 0x070, static_cast<std::uint32_t>(kRing));
  write(d, 0x074, static_cast<std::uint32_t>(kRing >> 32));
  write(d, 0x078, 1);
}
void address(Driver& d, std::uint64_t at, unsigned beats, unsigned id = 0) {
  d.with([=](Bus& b) {
    b.axi.awid = static_cast<std::uint8_t>(id);
    b.axi.awvalid = b.axi.awready = 1;
    b.axi.awaddr = at;
    b.axi.awlen = static_cast<std::uint8_t>(beats - 1);
  });
}
void beat(Driver& d, std::uint64_t data, bool last, unsigned strobes = 0xFF) {
  d.with([=](Bus& b) {
    b.axi.wvalid = b.axi.wready = 1;
    b.axi.wdata = data;
    b.axi.wlast = last;
    b.axi.wstrb = static_cast<std::uint8_t>(strobes);
  });
}
void answer(Driver& d, unsigned id = 0) {
  d.with([=](Bus& b) {
    b.axi.bvalid = b.axi.bready = 1;
    b.axi.bid = static_cast<std::uint8_t>(id);
  });
}
/// Three cycles.
void frame(Driver& d, bool answered = true) {
  address(d, 0x8000, 1);
  beat(d, 1, true);
  if (answered) answer(d);
}
/// Six cycles: address, four beats (the last in the fifth cycle), response.
void record(Driver& d, unsigned slot, std::uint32_t sequence, std::uint32_t flags, std::uint64_t timestamp = 0) {
  address(d, kRing + 32 * slot, 4);
  beat(d, std::uint64_t{6144} << 32, false);
  beat(d, std::uint64_t{sequence} << 32 | flags, false);
  beat(d, timestamp, false);
  beat(d, 0, true);
  answer(d);
}

void soft_reset(Driver& d) { write(d, 0x030, 2); }
void enable(Driver& d) { write(d, 0x030, 1); }

const std::vector<RuleCase<Driver>> kCases{
    {"CPL_SHAPE", 106,
     [](Driver& d) {
       program(d), frame(d);
       address(d, kRing, 3);
       for (unsigned i = 0; i < 3; ++i) beat(d, 0, i == 2);
     }},
    {"CPL_SHAPE", 107, [](Driver& d) { program(d), frame(d), address(d, kRing, 4), beat(d, 0, false, 0x0F); }},
    {"CPL_SLOT", 106, [](Driver& d) { program(d), frame(d), record(d, 1, 0, 1); }},
    {"CPL_AFTER_DATA", 105, [](Driver& d) { program(d), frame(d, false), address(d, kRing, 4); }},
    {"CPL_PHASE", 110, [](Driver& d) { program(d), frame(d), record(d, 0, 0, 0); }},
    {"CPL_PHASE", 103 + 4 * 6 + 4,
     [](Driver& d) {
       program(d);
       record(d, 0, 0, 1), record(d, 1, 1, 1), record(d, 0, 2, 0), record(d, 1, 3, 0);
       record(d, 0, 4, 0);
     }},
    // A repeated number, a gap without the flag, the flag without a gap.
    {"CPL_SEQUENCE", 113, [](Driver& d) { program(d), record(d, 0, 0, 1), record(d, 1, 0, 1); }},
    {"CPL_SEQUENCE", 113, [](Driver& d) { program(d), record(d, 0, 0, 1), record(d, 1, 2, 1); }},
    {"CPL_SEQUENCE", 107, [](Driver& d) { program(d), record(d, 0, 0, 3); }},
};

class CompletionRule : public ::testing::TestWithParam<RuleCase<Driver>> {};

TEST_P(CompletionRule, FiresAloneAtItsCycle) {
  CompletionChecker checker;
  Driver driver(checker, quiet_bus());
  GetParam().steps(driver);
  expect_only(checker, GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, CompletionRule, ::testing::ValuesIn(kCases));

TEST(CompletionChecker, EveryRuleHasACase) { expect_every_rule_has_a_case(CompletionChecker(), kCases); }

TEST(CompletionChecker, ReportsEachFrameWithItsCycles) {
  CompletionChecker checker;
  std::vector<FrameWrite> frames;
  checker.on_frame = [&](const FrameWrite& write) { frames.push_back(write); };
  Driver d(checker, quiet_bus());
  program(d);
  // The first attempt at frame 0 fails after a beat; frame 1 is written over it, from the same address.
  frame(d);                                            // 103 to 105
  address(d, 0x8000, 2);                               // 106
  beat(d, 1, false), d.idle_for(4), beat(d, 2, true);  // 107, 112
  address(d, 0x8010, 1), beat(d, 3, true);             // 113, 114
  answer(d), answer(d);                                // 115, 116
  record(d, 0, 1, 3, 0x123456789);                     // 117 to 122
  frame(d);                                            // 123 to 125
  record(d, 1, 2, 1, 0x123456999);
  EXPECT_TRUE(checker.violations.list().empty()) << checker.violations.list().front().text;
  for (const Rule& rule : checker.rules) EXPECT_EQ(rule.exercised, 2u) << rule.name;
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].sequence, 1u);
  EXPECT_EQ(frames[0].bytes, 6144u);
  EXPECT_EQ(frames[0].timestamp, 0x123456789u);
  EXPECT_EQ(frames[0].first_beat, 107u);
  EXPECT_EQ(frames[0].last_beat, 114u);
  EXPECT_EQ(frames[0].last_response, 116u);
  EXPECT_EQ(frames[0].record_response, 122u);
  // Of the attempt that counted: bursts of two beats and of one.
  EXPECT_EQ(frames[0].beats, 3u);
  EXPECT_EQ(frames[0].bursts, 2u);
  EXPECT_EQ(frames[1].first_beat, 124u);
  EXPECT_EQ(frames[1].last_response, 125u);
}

// The record of a frame whose bursts are answered last to first; before the first burst's answer it would be too early.
TEST(CompletionChecker, AnswersMayOvertakeOneAnother) {
  for (const bool early : {false, true}) {
    CompletionChecker checker;
    unsigned frames = 0;
    checker.on_frame = [&](const FrameWrite&) { ++frames; };
    Driver d(checker, quiet_bus());
    program(d);
    for (unsigned id = 0; id < 3; ++id) {
      address(d, 0x8000 + 8 * id, 1, id);
      beat(d, id, true);
    }
    answer(d, 2), answer(d, 1);
    if (!early) answer(d, 0);
    record(d, 0, 0, 1);
    if (early) {
      ASSERT_EQ(checker.violations.list().size(), 1u);
      EXPECT_EQ(checker.violations.list().front().rule, "CPL_AFTER_DATA");
    } else {
      EXPECT_TRUE(checker.violations.list().empty()) << checker.violations.list().front().text;
      EXPECT_EQ(frames, 1u);
    }
  }
}

/// A ring with a record in its first slot.
class SoftReset : public ::testing::Test {
 protected:
  SoftReset() : d(checker, quiet_bus()) {
    program(d);
    record(d, 0, 0, 1);
  }
  void expect_none() { EXPECT_TRUE(checker.violations.list().empty()) << checker.violations.list().front().text; }
  CompletionChecker checker;
  Driver d;
};

TEST_F(SoftReset, BeginsTheRingAndTheNumbersAgain) {
  soft_reset(d);
  enable(d);
  record(d, 0, 0, 1);
  expect_none();
}

TEST_F(SoftReset, ARecordUnderWayKeepsItsOldNumbers) {
  address(d, kRing + 32, 4);
  soft_reset(d);
  for (unsigned i = 0; i < 4; ++i) beat(d, i == 1 ? std::uint64_t{1} << 32 | 1 : 0, i == 3);
  answer(d);
  enable(d);
  record(d, 0, 0, 1);
  record(d, 1, 1, 1);
  expect_none();
}

// SOFT_RESET takes effect a little after its write was accepted: an address may still come out.
TEST_F(SoftReset, ARecordShownRightAfterItKeepsItsOldNumbers) {
  soft_reset(d);
  record(d, 1, 1, 1);
  expect_none();
  enable(d);
  record(d, 1, 0, 1);
  ASSERT_EQ(checker.violations.list().size(), 1u);
  EXPECT_EQ(checker.violations.list().front().rule, "CPL_SLOT");
}

}  // namespace
}  // namespace p2p::tb
