// CheckingObserver leaves out cycles in which a checker has nothing to say. Whatever the pins do, it must count and
// find exactly what the checkers count and find when they see every cycle.
#include "tb/observer.h"

#include <gtest/gtest.h>

#include "sim/chip_pins.h"
#include "sim/random.h"

namespace p2p::tb {
namespace {

/// The chip's ports, by the names that sim/chip_pins.h looks for.
struct Ports {
  std::uint8_t rst_ni = 0, intr_o = 0, pix_rst_ni = 0;
  std::uint8_t m_axi_awid = 0, m_axi_awlen = 0, m_axi_awsize = 3, m_axi_awburst = 1, m_axi_awcache = 0,
               m_axi_awprot = 0, m_axi_awvalid = 0, m_axi_awready = 0, m_axi_wstrb = 0xFF, m_axi_wlast = 0,
               m_axi_wvalid = 0, m_axi_wready = 0, m_axi_bid = 0, m_axi_bresp = 0, m_axi_bvalid = 0, m_axi_bready = 0,
               m_axi_arid = 0, m_axi_arlen = 0, m_axi_arsize = 3, m_axi_arburst = 1, m_axi_arcache = 0,
               m_axi_arprot = 0, m_axi_arvalid = 0, m_axi_arready = 0, m_axi_rid = 0, m_axi_rresp = 0, m_axi_rlast = 0,
               m_axi_rvalid = 0, m_axi_rready = 0;
  std::uint64_t m_axi_awaddr = 0, m_axi_wdata = 0, m_axi_araddr = 0, m_axi_rdata = 0;
  std::uint16_t s_axil_awaddr = 0, s_axil_araddr = 0;
  std::uint32_t s_axil_wdata = 0, s_axil_rdata = 0;
  std::uint8_t s_axil_awprot = 0, s_axil_awvalid = 0, s_axil_awready = 0, s_axil_wstrb = 0xF, s_axil_wvalid = 0,
               s_axil_wready = 0, s_axil_bresp = 0, s_axil_bvalid = 0, s_axil_bready = 0, s_axil_arprot = 0,
               s_axil_arvalid = 0, s_axil_arready = 0, s_axil_rresp = 0, s_axil_rvalid = 0, s_axil_rready = 0;
};

/// Pins that change now and then, each independently: idle stretches, bursts of everything, broken protocol, resets.
void stir(Ports& p, sim::Random& random) {
  const auto one_in = [&](unsigned n) { return random.between(1, n) == 1; };
  const bool quiet = one_in(2);
  for (std::uint8_t* valid :
       {&p.m_axi_awvalid, &p.m_axi_wvalid, &p.m_axi_bvalid, &p.m_axi_arvalid, &p.m_axi_rvalid, &p.s_axil_awvalid,
        &p.s_axil_wvalid, &p.s_axil_bvalid, &p.s_axil_arvalid, &p.s_axil_rvalid}) {
    if (quiet ? one_in(3) : one_in(6)) *valid = quiet ? 0 : *valid ^ 1;
  }
  for (std::uint8_t* flag :
       {&p.m_axi_awready, &p.m_axi_wready, &p.m_axi_bready, &p.m_axi_arready, &p.m_axi_rready, &p.s_axil_awready,
        &p.s_axil_wready, &p.s_axil_bready, &p.s_axil_arready, &p.s_axil_rready, &p.m_axi_wlast, &p.m_axi_rlast}) {
    if (one_in(3)) *flag ^= 1;
  }
  if (one_in(9)) p.intr_o ^= 1;
  if (one_in(12)) p.m_axi_wdata = random.between(0, 99);
  if (one_in(12)) p.m_axi_awaddr = 0x8000 + 32 * random.between(0, 9), p.m_axi_awlen = 3;
  if (one_in(5)) {
    static constexpr std::uint16_t kRegisters[] = {0x000, 0x004, 0x030, 0x070, 0x074, 0x078};
    p.s_axil_awaddr = kRegisters[random.between(0, 5)];
    p.s_axil_araddr = kRegisters[random.between(0, 5)];
    p.s_axil_wdata = p.s_axil_awaddr == 0x070 ? 0x8000 : p.s_axil_awaddr == 0x074 ? 0 : random.between(0, 7);
    p.s_axil_rdata = random.between(0, 3);
  }
  p.rst_ni = p.rst_ni ? !one_in(400) : one_in(4);
}

template <class Checker>
void expect_same(const Checker& expected, const Checker& got) {
  unsigned exercised = 0;
  for (std::size_t i = 0; i < expected.rules.size(); ++i) {
    EXPECT_EQ(got.rules[i].exercised, expected.rules[i].exercised) << expected.rules[i].name;
    EXPECT_EQ(got.rules[i].violated, expected.rules[i].violated) << expected.rules[i].name;
    exercised += expected.rules[i].exercised != 0;
  }
  EXPECT_GT(exercised, 2u) << "the pins never put this checker to the test";
  ASSERT_EQ(got.violations.list().size(), expected.violations.list().size());
  for (std::size_t i = 0; i < expected.violations.list().size(); ++i) {
    EXPECT_EQ(got.violations.list()[i].cycle, expected.violations.list()[i].cycle);
    EXPECT_EQ(got.violations.list()[i].text, expected.violations.list()[i].text);
  }
}

class ObserverSeeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ObserverSeeds, FindsWhatTheCheckersFindCycleByCycle) {
  Ports ports;
  const sim::BusPins<sim::Reference> pins = sim::bus_pins(ports);
  CheckingObserver observer;
  Axi4Checker axi4;
  AxiLiteChecker axil;
  InterruptChecker interrupt;
  CompletionChecker completion;
  std::uint64_t w_beats = 0, r_beats = 0, rises = 0;
  unsigned level = 0;
  sim::Random random(GetParam(), 1);
  constexpr std::uint64_t kCycles = 20000;
  for (std::uint64_t cycle = 0; cycle < kCycles; ++cycle) {
    observer.bus_cycle(cycle, pins);
    axi4.cycle(cycle, pins);
    axil.cycle(cycle, pins);
    interrupt.cycle(cycle, pins);
    completion.cycle(cycle, pins);
    w_beats += pins.axi.wvalid & pins.axi.wready;
    r_beats += pins.axi.rvalid & pins.axi.rready;
    rises += pins.intr & (level ^ 1);
    level = pins.intr;
    stir(ports, random);
  }
  expect_same(axi4, observer.axi4);
  expect_same(axil, observer.axil);
  expect_same(interrupt, observer.interrupt);
  expect_same(completion, observer.completion);
  EXPECT_EQ(observer.bus_cycles, kCycles);
  EXPECT_EQ(observer.w_beats, w_beats);
  EXPECT_EQ(observer.rises, rises);
  const BusUseResult use = observer.bus_use.result(kCycles);
  BusBeats all;
  for (const BusBeats& span : use.spans) {
    all.written += span.written;
    all.read += span.read;
  }
  EXPECT_EQ(all.written, w_beats);
  EXPECT_EQ(all.read, r_beats);
}

INSTANTIATE_TEST_SUITE_P(Random, ObserverSeeds, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace p2p::tb
