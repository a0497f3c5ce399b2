// Each rule is violated once by hand-made pins and must fire at exactly that cycle; a legal trace fires none.
#include "tb/check/axi4_checker.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/tb/pins.h"

namespace p2p::tb {
namespace {

using Bus = sim::BusPins<sim::Value>;
using Step = std::function<void(Bus&)>;

void address(Bus& b, std::uint64_t at, unsigned beats, unsigned id = 0) {
  b.axi.awvalid = 1;
  b.axi.awaddr = at;
  b.axi.awlen = static_cast<std::uint8_t>(beats - 1);
  b.axi.awid = static_cast<std::uint8_t>(id);
}
void beat(Bus& b, bool last, std::uint8_t strobes = 0xFF) {
  b.axi.wvalid = 1;
  b.axi.wlast = last;
  b.axi.wstrb = strobes;
}
void answer(Bus& b, unsigned id = 0, unsigned response = 0) {
  b.axi.bvalid = 1;
  b.axi.bid = static_cast<std::uint8_t>(id);
  b.axi.bresp = static_cast<std::uint8_t>(response);
}
void read_address(Bus& b, std::uint64_t at, unsigned beats, unsigned id = 1) {
  b.axi.arvalid = 1;
  b.axi.araddr = at;
  b.axi.arlen = static_cast<std::uint8_t>(beats - 1);
  b.axi.arid = static_cast<std::uint8_t>(id);
}
void read_beat(Bus& b, bool last, unsigned id = 1, unsigned response = 0) {
  b.axi.rvalid = 1;
  b.axi.rlast = last;
  b.axi.rid = static_cast<std::uint8_t>(id);
  b.axi.rresp = static_cast<std::uint8_t>(response);
}

/// Plays one step a cycle from cycle 100 on.
Axi4Checker play(const std::vector<Step>& steps, const Axi4Limits& limits = {}) {
  Axi4Checker checker(limits);
  std::uint64_t cycle = 100;
  for (const Step& step : steps) {
    Bus pins = idle_bus();
    step(pins);
    checker.cycle(cycle++, pins);
  }
  return checker;
}

struct Case {
  const char* rule;
  std::uint64_t cycle;  ///< where it must fire
  std::vector<Step> steps;
  Axi4Limits limits = {};
};

void idle(Bus&) {}

std::vector<Case> cases() {
  const auto held = [](auto set, auto ready) {
    return [=](Bus& b) {
      set(b);
      ready(b);
    };
  };
  const auto aw_wait = [](Bus& b) { b.axi.awready = 0; };
  const auto w_wait = [](Bus& b) { b.axi.wready = 0; };
  const auto b_wait = [](Bus& b) { b.axi.bready = 0; };
  const auto ar_wait = [](Bus& b) { b.axi.arready = 0; };
  const auto r_wait = [](Bus& b) { b.axi.rready = 0; };
  return {
      {"AXI4_RESET",
       101,
       {idle,
        [](Bus& b) {
          b.rst_n = 0;
          b.axi.awvalid = 1;
        }}},
      {"AXI4_AW_STABLE", 101, {held([](Bus& b) { address(b, 64, 1); }, aw_wait), [](Bus& b) { address(b, 128, 1); }}},
      {"AXI4_AW_STABLE", 101, {held([](Bus& b) { address(b, 64, 1); }, aw_wait), idle}},
      {"AXI4_W_STABLE",
       101,
       {held([](Bus& b) { beat(b, true); }, w_wait),
        [](Bus& b) {
          beat(b, true);
          b.axi.wdata = 7;
        }}},
      {"AXI4_B_STABLE",
       102,
       {[](Bus& b) {
          address(b, 64, 1);
          beat(b, true);
        },
        held([](Bus& b) { answer(b); }, b_wait), idle}},
      {"AXI4_AR_STABLE",
       101,
       {held([](Bus& b) { read_address(b, 64, 1); }, ar_wait), [](Bus& b) { read_address(b, 64, 2); }}},
      {"AXI4_R_STABLE",
       102,
       {[](Bus& b) { read_address(b, 64, 1); }, held([](Bus& b) { read_beat(b, true); }, r_wait),
        [](Bus& b) {
          read_beat(b, true);
          b.axi.rdata = 9;
        }}},
      {"AXI4_AW_4K", 100, {[](Bus& b) { address(b, 4096 - 8, 2); }}},
      {"AXI4_AR_4K", 100, {[](Bus& b) { read_address(b, 4096 - 8, 2); }}},
      {"AXI4_AW_LEGAL", 100, {[](Bus& b) {
         address(b, 64, 1);
         b.axi.awburst = 3;
       }}},
      {"AXI4_SHAPE", 100, {[](Bus& b) { address(b, 65, 1); }}},
      {"AXI4_SHAPE", 100, {[](Bus& b) {
         read_address(b, 64, 1);
         b.axi.arburst = 2;
       }}},
      {"AXI4_AR_LEGAL", 100, {[](Bus& b) {
         read_address(b, 64, 1);
         b.axi.arsize = 4;
       }}},
      {"AXI4_W_LAST",
       102,
       {[](Bus& b) { address(b, 64, 2); }, [](Bus& b) { beat(b, false); }, [](Bus& b) { beat(b, false); }}},
      {"AXI4_W_LAST", 101, {[](Bus& b) { address(b, 64, 2); }, [](Bus& b) { beat(b, true); }}},
      {"AXI4_W_STROBE", 101, {[](Bus& b) { address(b, 64, 1); }, [](Bus& b) { beat(b, true, 0xA5); }}},
      {"AXI4_W_STROBE", 101, {[](Bus& b) { address(b, 64, 1); }, [](Bus& b) { beat(b, true, 0); }}},
      {"AXI4_B_ANSWERS", 101, {[](Bus& b) { address(b, 64, 1); }, [](Bus& b) { answer(b); }}},
      {"AXI4_B_ANSWERS",
       101,
       {[](Bus& b) {
          address(b, 64, 1, 2);
          beat(b, true);
        },
        [](Bus& b) { answer(b, 3); }}},
      {"AXI4_R_ANSWERS", 100, {[](Bus& b) { read_beat(b, true); }}},
      {"AXI4_R_LAST", 101, {[](Bus& b) { read_address(b, 64, 2); }, [](Bus& b) { read_beat(b, true); }}},
      {"AXI4_R_LAST", 101, {[](Bus& b) { read_address(b, 64, 1); }, [](Bus& b) { read_beat(b, false); }}},
      {"AXI4_RESPONSE",
       101,
       {[](Bus& b) {
          address(b, 64, 1);
          beat(b, true);
        },
        [](Bus& b) { answer(b, 0, 1); }}},
      {"AXI4_MAX_BURST", 100, {[](Bus& b) { address(b, 0, 5); }}, {4, 8}},
      {"AXI4_MAX_OUTSTANDING",
       102,
       {[](Bus& b) { address(b, 0, 1); }, [](Bus& b) { address(b, 64, 1); }, [](Bus& b) { address(b, 128, 1); }},
       {16, 2}},
  };
}

TEST(Axi4Checker, EveryRuleFiresAtItsCycle) {
  std::vector<bool> covered(Axi4Checker::kCount, false);
  for (const Case& c : cases()) {
    const Axi4Checker checker = play(c.steps, c.limits);
    ASSERT_EQ(checker.violations.list().size(), 1u) << c.rule << " at " << c.cycle;
    EXPECT_EQ(checker.violations.list()[0].rule, c.rule) << checker.violations.list()[0].text;
    EXPECT_EQ(checker.violations.list()[0].cycle, c.cycle) << c.rule;
    for (std::size_t i = 0; i < checker.rules.size(); ++i) {
      if (checker.rules[i].name == std::string(c.rule)) {
        covered[i] = true;
        EXPECT_GT(checker.rules[i].exercised, 0u) << c.rule;
      }
    }
  }
  for (std::size_t i = 0; i < covered.size(); ++i)
    EXPECT_TRUE(covered[i]) << Axi4Checker().rules[i].name << " is never violated here";
}

TEST(Axi4Checker, ALegalTraceFiresNothing) {
  const Axi4Checker checker = play({
      [](Bus& b) { b.rst_n = 0; },
      [](Bus& b) {
        address(b, 4096 - 16, 2, 3);
        b.axi.awready = 0;
      },
      [](Bus& b) {
        address(b, 4096 - 16, 2, 3);
        beat(b, false, 0xF0);
      },
      [](Bus& b) {
        beat(b, true, 0x0F);
        read_address(b, 8192, 2);
        b.axi.wready = 0;
      },
      [](Bus& b) {
        beat(b, true, 0x0F);
        read_beat(b, false);
      },
      [](Bus& b) {
        answer(b, 3, 2);
        b.axi.bready = 0;
        read_beat(b, true, 1, 3);
      },
      [](Bus& b) { answer(b, 3, 2); },
      // Data before its address is legal.
      [](Bus& b) { beat(b, true); },
      [](Bus& b) { address(b, 0, 1); },
      [](Bus& b) { answer(b); },
  });
  for (const Violation& v : checker.violations.list()) ADD_FAILURE() << v.rule << " at " << v.cycle << ": " << v.text;
  EXPECT_GT(checker.beats, 0u);
}

}  // namespace
}  // namespace p2p::tb
