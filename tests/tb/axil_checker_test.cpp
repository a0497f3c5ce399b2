// Every AXI4-Lite rule broken once, and legal traffic that breaks none.
#include "tb/check/axil_checker.h"

#include "tests/tb/drive.h"

namespace p2p::tb {
namespace {

using Driver = Drive<AxiLiteChecker, Bus>;

auto aw(unsigned address, bool ready = true) {
  return [=](Bus& b) {
    b.axil.awvalid = 1;
    b.axil.awready = ready;
    b.axil.awaddr = static_cast<std::uint16_t>(address);
  };
}
auto w(std::uint32_t data, bool ready = true, unsigned strobes = 15) {
  return [=](Bus& b) {
    b.axil.wvalid = 1;
    b.axil.wready = ready;
    b.axil.wdata = data;
    b.axil.wstrb = static_cast<std::uint8_t>(strobes);
  };
}
auto answer(unsigned response = 0, bool ready = true) {
  return [=](Bus& b) {
    b.axil.bvalid = 1;
    b.axil.bready = ready;
    b.axil.bresp = static_cast<std::uint8_t>(response);
  };
}
auto ar(unsigned address, bool ready = true) {
  return [=](Bus& b) {
    b.axil.arvalid = 1;
    b.axil.arready = ready;
    b.axil.araddr = static_cast<std::uint16_t>(address);
  };
}
auto r(std::uint32_t data, unsigned response = 0, bool ready = true) {
  return [=](Bus& b) {
    b.axil.rvalid = 1;
    b.axil.rready = ready;
    b.axil.rdata = data;
    b.axil.rresp = static_cast<std::uint8_t>(response);
  };
}

const std::vector<RuleCase<Driver>> kCases{
    {"AXIL_RESET", 100, [](Driver& d) { d.with([](Bus& b) { b.rst_n = 0, b.axil.rvalid = 1; }); }},
    {"AXIL_AW_STABLE", 101, [](Driver& d) { d.with(aw(4, false)).with(aw(8)); }},
    {"AXIL_AW_STABLE", 101, [](Driver& d) { d.with(aw(4, false)).idle_for(2); }},
    {"AXIL_W_STABLE", 101, [](Driver& d) { d.with(w(1, false)).with(w(2)); }},
    {"AXIL_W_STABLE", 101, [](Driver& d) { d.with(w(1, false)).with(w(1, true, 3)); }},
    {"AXIL_B_STABLE", 103, [](Driver& d) { d.with(aw(4)).with(w(1)).with(answer(0, false)).with(answer(2)); }},
    {"AXIL_AR_STABLE", 101, [](Driver& d) { d.with(ar(4, false)).idle_for(1); }},
    {"AXIL_R_STABLE", 102, [](Driver& d) { d.with(ar(4)).with(r(5, 0, false)).with(r(6)); }},
    {"AXIL_B_ANSWERS", 101, [](Driver& d) { d.with(aw(4)).with(answer()); }},
    {"AXIL_B_ANSWERS", 101, [](Driver& d) { d.with(w(4)).with(answer()); }},
    {"AXIL_R_ANSWERS", 102, [](Driver& d) { d.with(ar(4)).with(r(1)).with(r(1)); }},
    {"AXIL_RESPONSE", 101, [](Driver& d) { d.with(ar(4)).with(r(1, 1)); }},
    {"AXIL_RESPONSE", 102, [](Driver& d) { d.with(aw(4)).with(w(1)).with(answer(1)); }},
};

class AxiLiteRule : public ::testing::TestWithParam<RuleCase<Driver>> {};

TEST_P(AxiLiteRule, FiresAloneAtItsCycle) {
  AxiLiteChecker checker;
  Driver driver(checker, quiet_bus());
  GetParam().steps(driver);
  expect_only(checker, GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, AxiLiteRule, ::testing::ValuesIn(kCases));

TEST(AxiLiteChecker, EveryRuleHasACase) { expect_every_rule_has_a_case(AxiLiteChecker(), kCases); }

TEST(AxiLiteChecker, LegalTrafficBreaksNothingAndExercisesEveryRule) {
  AxiLiteChecker checker;
  Driver d(checker, quiet_bus());
  d.with([](Bus& b) { b.rst_n = 0; });
  for (unsigned i = 0; i < 50; ++i) {
    d.with(w(i, false)).with(w(i)).with(aw(i, false)).with(aw(i)).with(answer(2, false)).with(answer(2));
    d.with(ar(i, false)).with(ar(i)).idle_for(1).with(r(i, 3, false)).with(r(i, 3));
  }
  EXPECT_TRUE(checker.violations.list().empty()) << checker.violations.list().front().text;
  for (const Rule& rule : checker.rules) EXPECT_GT(rule.exercised, 0u) << rule.name;
}

}  // namespace
}  // namespace p2p::tb
