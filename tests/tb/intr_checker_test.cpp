// Every rule of the interrupt line broken once, and a legal interrupt that breaks none.
#include "tb/check/intr_checker.h"

#include "tests/tb/drive.h"

namespace p2p::tb {
namespace {

using Driver = Drive<InterruptChecker, Bus>;

constexpr unsigned kState = 0x000, kEnable = 0x004, kCtrl = 0x030;

auto write(unsigned address, std::uint32_t data, bool line) {
  return [=](Bus& b) {
    b.intr = line;
    b.axil.awvalid = b.axil.awready = b.axil.wvalid = b.axil.wready = 1;
    b.axil.awaddr = static_cast<std::uint16_t>(address);
    b.axil.wdata = data;
    b.axil.wstrb = 15;
  };
}
auto read_address(unsigned address, bool line) {
  return [=](Bus& b) {
    b.intr = line;
    b.axil.arvalid = b.axil.arready = 1;
    b.axil.araddr = static_cast<std::uint16_t>(address);
  };
}
auto read_data(std::uint32_t data, bool line) {
  return [=](Bus& b) {
    b.intr = line;
    b.axil.rvalid = b.axil.rready = 1;
    b.axil.rdata = data;
  };
}
const auto kHigh = [](Bus& b) { b.intr = 1; };
const auto kLow = [](Bus& b) { b.intr = 0; };

const std::vector<RuleCase<Driver>> kCases{
    {"INTR_RESET", 100, [](Driver& d) { d.with([](Bus& b) { b.rst_n = 0, b.intr = 1; }); }},
    {"INTR_DISABLED", 110, [](Driver& d) { d.idle_for(10).with(kHigh); }},
    // The line must follow a write to INTR_ENABLE within two cycles, not later.
    {"INTR_DISABLED", 104,
     [](Driver& d) {
       d.with(write(kEnable, 1, false)).with(kHigh).with(write(kEnable, 0, true));
       d.with(kHigh).with(kHigh);
     }},
    {"INTR_HELD", 106, [](Driver& d) { d.with(write(kEnable, 1, false)).idle_for(4).with(kHigh).with(kLow); }},
    {"INTR_HELD", 109,
     [](Driver& d) {
       d.with(write(kEnable, 1, false)).idle_for(4).with(kHigh).with(write(kState, 0, true));
       d.with(kHigh).with(kHigh).with(kLow);
     }},
    {"INTR_SHOWN", 111,
     [](Driver& d) {
       d.with(write(kEnable, 1, false)).idle_for(9).with(read_address(kState, false)).with(read_data(1, false));
     }},
    {"INTR_CAUSE", 112,
     [](Driver& d) {
       d.with(write(kEnable, 1, false)).idle_for(9).with(kHigh);
       d.with(read_address(kState, true)).with(read_data(2, true));
     }},
    {"INTR_SEEN", 113,
     [](Driver& d) {
       d.with(write(kEnable, 3, false)).idle_for(9).with(kHigh).with(read_address(kState, true));
       d.with(read_data(1, true)).with(write(kState, 3, true));
     }},
    // What was seen before it was cleared is not seen any more.
    {"INTR_SEEN", 114,
     [](Driver& d) {
       d.with(write(kEnable, 1, false)).idle_for(9).with(kHigh).with(read_address(kState, true));
       d.with(read_data(1, true)).with(write(kState, 1, true)).with(write(kState, 1, true));
     }},
};

class InterruptRule : public ::testing::TestWithParam<RuleCase<Driver>> {};

TEST_P(InterruptRule, FiresAloneAtItsCycle) {
  InterruptChecker checker;
  Driver driver(checker, quiet_bus());
  GetParam().steps(driver);
  expect_only(checker, GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, InterruptRule, ::testing::ValuesIn(kCases));

TEST(InterruptChecker, EveryRuleHasACase) { expect_every_rule_has_a_case(InterruptChecker(), kCases); }

TEST(InterruptChecker, LegalInterruptsBreakNothingAndExerciseEveryRule) {
  InterruptChecker checker;
  Driver d(checker, quiet_bus());
  d.with([](Bus& b) { b.rst_n = 0; });
  d.with(write(kState, 0x3FF, false)).with(write(kEnable, 0x7F, false)).idle_for(8);
  for (unsigned i = 0; i < 20; ++i) {
    d.with(kHigh).with(read_address(kState, true)).with(kHigh).with(read_data(1, true));
    d.with(write(kState, 1, true)).with(kHigh).with(kLow);
    // A read that overlaps a clearing write may show either.
    d.with(kHigh).with(read_address(kState, true)).with(read_data(1, true));
    d.with(kHigh).with(write(kState, 1, true)).with(read_address(kState, true)).with(read_data(0, false));
    d.idle_for(3);
    // A read while nothing is pending; masked causes do not raise the line.
    d.with(read_address(kState, false)).with(read_data(0, false));
  }
  // A soft reset lowers the line whenever it has drained.
  d.with(kHigh).with(write(kCtrl, 2, true));
  for (unsigned i = 0; i < 100; ++i) d.with(kHigh);
  d.with(kLow);
  EXPECT_TRUE(checker.violations.list().empty()) << checker.violations.list().front().text;
  for (const Rule& rule : checker.rules) EXPECT_GT(rule.exercised, 0u) << rule.name;
}

}  // namespace
}  // namespace p2p::tb
