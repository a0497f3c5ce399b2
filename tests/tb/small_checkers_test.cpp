// AXI4-Lite, AXI4-Stream and the interrupt line: each rule fires at its cycle, a legal trace fires none.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tb/check/axil_checker.h"
#include "tb/check/axis_checker.h"
#include "tb/check/intr_checker.h"
#include "tests/tb/pins.h"

namespace p2p::tb {
namespace {

using Bus = sim::BusPins<sim::Value>;
using Video = sim::VideoPins<sim::Value>;

template <class Checker>
Checker play_bus(const std::vector<std::function<void(Bus&)>>& steps) {
  Checker checker;
  std::uint64_t cycle = 100;
  for (const auto& step : steps) {
    Bus pins = idle_bus();
    step(pins);
    checker.cycle(cycle++, pins);
  }
  return checker;
}

VideoChecker play_video(const std::vector<std::function<void(Video&)>>& steps) {
  VideoChecker checker;
  std::uint64_t cycle = 100;
  for (const auto& step : steps) {
    Video pins = idle_video();
    step(pins);
    checker.cycle(cycle++, pins);
  }
  return checker;
}

template <class Checker>
void expect_one(const Checker& checker, const std::string& rule, std::uint64_t cycle) {
  ASSERT_EQ(checker.violations.list().size(), 1u) << rule;
  EXPECT_EQ(checker.violations.list()[0].rule, rule) << checker.violations.list()[0].text;
  EXPECT_EQ(checker.violations.list()[0].cycle, cycle) << rule;
}

void idle(Bus&) {}

TEST(AxiLiteChecker, EveryRuleFiresAtItsCycle) {
  using Steps = std::vector<std::function<void(Bus&)>>;
  const auto write = [](Bus& b) { b.axil.awvalid = b.axil.wvalid = 1; };
  const auto read = [](Bus& b) { b.axil.arvalid = 1; };
  expect_one(play_bus<AxiLiteChecker>(Steps{[](Bus& b) {
               b.rst_n = 0;
               b.axil.rvalid = 1;
             }}),
             "AXIL_RESET", 100);
  expect_one(play_bus<AxiLiteChecker>(Steps{[](Bus& b) {
                                              b.axil.awvalid = 1;
                                              b.axil.awready = 0;
                                            },
                                            idle}),
             "AXIL_AW_STABLE", 101);
  expect_one(play_bus<AxiLiteChecker>(Steps{[](Bus& b) {
                                              b.axil.wvalid = 1;
                                              b.axil.wready = 0;
                                            },
                                            [](Bus& b) {
                                              b.axil.wvalid = 1;
                                              b.axil.wdata = 1;
                                            }}),
             "AXIL_W_STABLE", 101);
  expect_one(play_bus<AxiLiteChecker>(Steps{write,
                                            [](Bus& b) {
                                              b.axil.bvalid = 1;
                                              b.axil.bready = 0;
                                            },
                                            idle}),
             "AXIL_B_STABLE", 102);
  expect_one(play_bus<AxiLiteChecker>(Steps{[](Bus& b) {
                                              b.axil.arvalid = 1;
                                              b.axil.arready = 0;
                                            },
                                            [](Bus& b) {
                                              b.axil.arvalid = 1;
                                              b.axil.araddr = 4;
                                            }}),
             "AXIL_AR_STABLE", 101);
  expect_one(play_bus<AxiLiteChecker>(Steps{read,
                                            [](Bus& b) {
                                              b.axil.rvalid = 1;
                                              b.axil.rready = 0;
                                            },
                                            [](Bus& b) {
                                              b.axil.rvalid = 1;
                                              b.axil.rdata = 1;
                                            }}),
             "AXIL_R_STABLE", 102);
  expect_one(play_bus<AxiLiteChecker>(Steps{[](Bus& b) { b.axil.awvalid = 1; }, [](Bus& b) { b.axil.bvalid = 1; }}),
             "AXIL_B_ANSWERS", 101);
  expect_one(play_bus<AxiLiteChecker>(Steps{[](Bus& b) { b.axil.rvalid = 1; }}), "AXIL_R_ANSWERS", 100);
  expect_one(play_bus<AxiLiteChecker>(Steps{read,
                                            [](Bus& b) {
                                              b.axil.rvalid = 1;
                                              b.axil.rresp = 1;
                                            }}),
             "AXIL_RESPONSE", 101);
}

TEST(AxiLiteChecker, ALegalTraceFiresNothing) {
  const auto checker = play_bus<AxiLiteChecker>({[](Bus& b) { b.rst_n = 0; },
                                                 [](Bus& b) {
                                                   b.axil.wvalid = 1;
                                                   b.axil.wready = 0;
                                                 },
                                                 [](Bus& b) { b.axil.wvalid = 1; }, [](Bus& b) { b.axil.awvalid = 1; },
                                                 [](Bus& b) {
                                                   b.axil.bvalid = 1;
                                                   b.axil.bready = 0;
                                                   b.axil.arvalid = 1;
                                                 },
                                                 [](Bus& b) {
                                                   b.axil.bvalid = 1;
                                                   b.axil.rvalid = 1;
                                                   b.axil.rresp = 2;
                                                 }});
  for (const Violation& v : checker.violations.list()) ADD_FAILURE() << v.rule << " at " << v.cycle << ": " << v.text;
}

TEST(VideoChecker, EveryRuleFiresAtItsCycle) {
  const auto sof = [](Video& v) { v.tvalid = v.tuser = 1; };
  expect_one(play_video({[](Video& v) {
               v.rst_n = 0;
               v.tvalid = 1;
             }}),
             "AXIS_RESET", 100);
  expect_one(play_video({sof,
                         [](Video& v) {
                           v.tvalid = 1;
                           v.tready = 0;
                         },
                         [](Video&) {}}),
             "AXIS_STABLE", 102);
  expect_one(play_video({sof,
                         [](Video& v) {
                           v.tvalid = 1;
                           v.tready = 0;
                         },
                         [](Video& v) { v.tvalid = v.tlast = 1; }}),
             "AXIS_STABLE", 102);
  expect_one(play_video({[](Video& v) { v.tvalid = 1; }, sof}), "AXIS_SOF_FIRST", 100);
  const auto legal = play_video({[](Video& v) { v.rst_n = 0; }, sof,
                                 [](Video& v) {
                                   v.tvalid = v.tlast = 1;
                                   v.tready = 0;
                                 },
                                 [](Video& v) { v.tvalid = v.tlast = 1; }, [](Video&) {}});
  EXPECT_TRUE(legal.violations.list().empty());
  EXPECT_EQ(legal.beats, 2u);
}

/// A register write accepted in one cycle.
std::function<void(Bus&)> write(std::uint16_t offset, std::uint32_t value) {
  return [=](Bus& b) {
    b.axil.awvalid = b.axil.wvalid = 1;
    b.axil.awaddr = offset;
    b.axil.wdata = value;
  };
}
void raised(Bus& b) { b.intr = 1; }

TEST(InterruptChecker, EveryRuleFiresAtItsCycle) {
  expect_one(play_bus<InterruptChecker>({[](Bus& b) {
               b.rst_n = 0;
               b.intr = 1;
             }}),
             "INTR_RESET", 100);
  std::vector<std::function<void(Bus&)>> never_enabled(70, idle);
  never_enabled.push_back(raised);
  expect_one(play_bus<InterruptChecker>(never_enabled), "INTR_DISABLED", 170);
  std::vector<std::function<void(Bus&)>> falls{write(0x004, 0x7F)};
  falls.resize(80, raised);
  falls.emplace_back(idle);
  expect_one(play_bus<InterruptChecker>(falls), "INTR_HELD", 180);
}

TEST(InterruptChecker, ALegalTraceFiresNothing) {
  std::vector<std::function<void(Bus&)>> steps{[](Bus& b) { b.rst_n = 0; }, write(0x004, 0x7F)};
  steps.resize(90, raised);
  steps.push_back([](Bus& b) {
    raised(b);
    write(0x000, 1)(b);
  });
  steps.emplace_back(raised);
  steps.emplace_back(idle);
  const auto checker = play_bus<InterruptChecker>(steps);
  for (const Violation& v : checker.violations.list()) ADD_FAILURE() << v.rule << " at " << v.cycle << ": " << v.text;
}

}  // namespace
}  // namespace p2p::tb
