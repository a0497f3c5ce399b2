#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <vector>

#include "sim/axi_slave.h"
#include "sim/pins.h"

namespace p2p::sim {
namespace {

/// What AxiSlave::drive writes to.
struct Ports {
  std::uint8_t m_axi_awready = 0, m_axi_wready = 0, m_axi_bvalid = 0, m_axi_bid = 0, m_axi_bresp = 0;
  std::uint8_t m_axi_arready = 0, m_axi_rvalid = 0, m_axi_rid = 0, m_axi_rresp = 0, m_axi_rlast = 0;
  std::uint64_t m_axi_rdata = 0;
};

class Store final : public BurstPort {
 public:
  AxiResponse write(std::uint64_t address, std::span<const std::uint64_t> beats, std::span<const std::uint8_t> strobes,
                    bool all) override {
    bool full = true;
    for (std::size_t i = 0; i < beats.size(); ++i) {
      full = full && strobes[i] == 0xFF;
      if (strobes[i] == 0xFF) words[address + 8 * i] = beats[i];
    }
    EXPECT_EQ(full, all);
    order.push_back(address);
    return address == kBad ? AxiResponse::kDecodeError : AxiResponse::kOkay;
  }
  AxiResponse read(std::uint64_t address, std::span<std::uint64_t> beats) override {
    if (address == kBad) return AxiResponse::kSlaveError;
    for (std::size_t i = 0; i < beats.size(); ++i) beats[i] = address + 8 * i;
    return AxiResponse::kOkay;
  }
  static constexpr std::uint64_t kBad = 0xBAD000;
  std::map<std::uint64_t, std::uint64_t> words;
  std::vector<std::uint64_t> order;
};

struct Burst {
  std::uint64_t address;
  unsigned beats;
  std::uint8_t id;
};

/// A master that offers what it has as early as it may; W may run ahead of AW by `w_lead` cycles.
class Bench {
 public:
  explicit Bench(const BusTiming& timing, std::uint64_t seed = 1) : slave(timing, seed, store) {}

  void cycle() {
    pins.awready = ports.m_axi_awready;
    pins.wready = ports.m_axi_wready;
    pins.arready = ports.m_axi_arready;
    pins.bvalid = ports.m_axi_bvalid;
    pins.bid = ports.m_axi_bid;
    pins.bresp = ports.m_axi_bresp;
    pins.rvalid = ports.m_axi_rvalid;
    pins.rdata = ports.m_axi_rdata;
    pins.rlast = ports.m_axi_rlast;
    pins.rid = ports.m_axi_rid;
    pins.rresp = ports.m_axi_rresp;
    check_stable();
    slave.sample(now, pins);
    if (pins.awvalid && pins.awready) ++aw_taken, pins.awvalid = 0;
    if (pins.wvalid && pins.wready) {
      ++beats_taken;
      pins.wvalid = 0;
      if (pins.wlast) w_last_at.push_back(now);
    }
    if (pins.bvalid && pins.bready) b_seen.push_back({now, pins.bid, pins.bresp});
    if (pins.rvalid && pins.rready) r_seen.push_back({now, pins.rid, pins.rresp, pins.rdata, pins.rlast != 0});
    if (pins.arvalid && pins.arready) pins.arvalid = 0;
    slave.drive(ports);
    ++now;
  }
  void offer_writes(const std::vector<Burst>& bursts, unsigned limit = 20000) {
    std::size_t aw = 0, w = 0;
    unsigned beat = 0;
    pins.awsize = 3;
    pins.awburst = 1;
    pins.bready = 1;
    pins.wstrb = 0xFF;
    for (unsigned i = 0; i < limit && b_seen.size() < bursts.size(); ++i) {
      if (!pins.awvalid && aw < bursts.size() && now >= aw_delay) {
        pins.awvalid = 1;
        pins.awaddr = bursts[aw].address;
        pins.awlen = static_cast<std::uint8_t>(bursts[aw].beats - 1);
        pins.awid = bursts[aw++].id;
      }
      if (!pins.wvalid && w < bursts.size()) {
        pins.wvalid = 1;
        pins.wdata = bursts[w].address * 1000 + beat;
        pins.wlast = ++beat == bursts[w].beats;
        if (pins.wlast) ++w, beat = 0;
      }
      cycle();
    }
  }
  void offer_reads(const std::vector<Burst>& bursts, std::size_t beats, unsigned limit = 20000) {
    std::size_t ar = 0;
    pins.arsize = 3;
    pins.arburst = 1;
    for (unsigned i = 0; i < limit && r_seen.size() < beats; ++i) {
      if (!pins.arvalid && ar < bursts.size()) {
        pins.arvalid = 1;
        pins.araddr = bursts[ar].address;
        pins.arlen = static_cast<std::uint8_t>(bursts[ar].beats - 1);
        pins.arid = bursts[ar++].id;
      }
      pins.rready = rready_pattern == 0 || i % rready_pattern == 0;
      cycle();
    }
  }

  struct B {
    std::uint64_t at;
    std::uint8_t id, resp;
  };
  struct R {
    std::uint64_t at;
    std::uint8_t id, resp;
    std::uint64_t data;
    bool last;
  };
  Store store;
  AxiSlave slave;
  Axi4Pins<Value> pins{};
  Ports ports;
  std::uint64_t now = 0, aw_delay = 0;
  unsigned aw_taken = 0, beats_taken = 0, rready_pattern = 0;
  std::vector<std::uint64_t> w_last_at;
  std::vector<B> b_seen;
  std::vector<R> r_seen;

 private:
  /// AXI: valid stays, and what it qualifies stays, until ready.
  void check_stable() {
    EXPECT_TRUE(!b_held_ || (pins.bvalid && pins.bid == last_.bid && pins.bresp == last_.bresp)) << "cycle " << now;
    EXPECT_TRUE(!r_held_ || (pins.rvalid && pins.rdata == last_.rdata && pins.rlast == last_.rlast)) << "cycle " << now;
    b_held_ = pins.bvalid && !pins.bready;
    r_held_ = pins.rvalid && !pins.rready;
    last_ = pins;
  }
  Axi4Pins<Value> last_{};
  bool b_held_ = false, r_held_ = false;
};

BusTiming always_ready() {
  BusTiming timing;
  timing.always_ready = true;
  return timing;
}

std::vector<Burst> some_bursts(unsigned count) {
  std::vector<Burst> bursts;
  for (unsigned i = 0; i < count; ++i)
    bursts.push_back({0x1000u * (i + 1), 1 + i * 7 % 16, static_cast<std::uint8_t>(i % 16)});
  return bursts;
}

TEST(AxiSlave, AlwaysReadyTakesABeatACycleAndAnswersTheCycleAfter) {
  Bench bench(always_ready());
  bench.cycle();  // the readies rise
  const std::uint64_t start = bench.now;
  bench.offer_writes({{0x1000, 16, 1}, {0x2000, 16, 2}, {0x3000, 16, 3}});
  ASSERT_EQ(bench.b_seen.size(), 3u);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.w_last_at[i], start + 16 * (i + 1) - 1) << "no dead cycle";
    EXPECT_EQ(bench.b_seen[i].at, bench.w_last_at[i] + 1);
    EXPECT_EQ(bench.b_seen[i].id, i + 1);
  }
  EXPECT_EQ(bench.store.words.at(0x2000 + 8 * 5), 0x2000u * 1000 + 5);
}

TEST(AxiSlave, RandomWaitStatesLoseNothingAndKeepOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(BusTiming{}, seed);
    const auto bursts = some_bursts(100);
    bench.offer_writes(bursts);
    ASSERT_EQ(bench.b_seen.size(), bursts.size()) << "seed " << seed;
    for (std::size_t i = 0; i < bursts.size(); ++i) {
      EXPECT_EQ(bench.store.order[i], bursts[i].address);
      EXPECT_EQ(bench.b_seen[i].id, bursts[i].id);
      EXPECT_GT(bench.b_seen[i].at, bench.w_last_at[i]);
      for (unsigned beat = 0; beat < bursts[i].beats; ++beat) {
        EXPECT_EQ(bench.store.words.at(bursts[i].address + 8 * beat), bursts[i].address * 1000 + beat);
      }
    }
    EXPECT_EQ(bench.slave.counters().write_bursts, 100u);
    EXPECT_EQ(bench.slave.counters().write_beats, bench.beats_taken);
  }
}

TEST(AxiSlave, ReorderedResponsesKeepTheOrderOfEachId) {
  BusTiming timing;
  timing.reorder = true;
  timing.b_latency = {1, 60};
  timing.w = {0, 1};
  std::size_t overtaken = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Bench bench(timing, seed);
    std::vector<Burst> bursts;
    for (unsigned i = 0; i < 100; ++i) bursts.push_back({0x1000u * (i + 1), 1, static_cast<std::uint8_t>(i % 5)});
    bench.offer_writes(bursts);
    ASSERT_EQ(bench.b_seen.size(), bursts.size());
    // Bursts of one ID are answered in turn, so the nth answer with an ID belongs to its nth burst.
    std::array<unsigned, 5> answered{};
    for (std::size_t i = 0; i < bursts.size(); ++i) {
      const unsigned id = bench.b_seen[i].id;
      ASSERT_LT(id, answered.size());
      const std::size_t burst = id + 5 * answered[id]++;
      EXPECT_GT(bench.b_seen[i].at, bench.w_last_at[burst]) << "answer " << i;
      overtaken += burst > i ? 1u : 0u;
    }
    EXPECT_EQ(answered, (std::array<unsigned, 5>{20, 20, 20, 20, 20}));
  }
  EXPECT_GT(overtaken, 100u);
}

TEST(AxiSlave, SameSeedSameWaitStatesOtherSeedOthers) {
  const auto times = [](std::uint64_t seed) {
    Bench bench(BusTiming{}, seed);
    bench.offer_writes(some_bursts(50));
    std::vector<std::uint64_t> at;
    for (const auto& b : bench.b_seen) at.push_back(b.at);
    return at;
  };
  EXPECT_EQ(times(3), times(3));
  EXPECT_NE(times(3), times(4));
}

TEST(AxiSlave, DataMayComeBeforeItsAddress) {
  Bench bench(always_ready());
  bench.aw_delay = 40;
  bench.offer_writes({{0x1000, 4, 1}, {0x2000, 4, 2}});
  ASSERT_EQ(bench.b_seen.size(), 2u);
  EXPECT_GE(bench.b_seen[0].at, 40u);
  EXPECT_EQ(bench.store.words.at(0x2018), 0x2000u * 1000 + 3);
}

TEST(AxiSlave, ErrorsOfMemoryBecomeResponses) {
  Bench bench(BusTiming{});
  bench.offer_writes({{0x1000, 2, 1}, {Store::kBad, 2, 2}, {0x3000, 2, 3}});
  ASSERT_EQ(bench.b_seen.size(), 3u);
  EXPECT_EQ(bench.b_seen[0].resp, 0);
  EXPECT_EQ(bench.b_seen[1].resp, 3);
  EXPECT_EQ(bench.b_seen[2].resp, 0);
  bench.offer_reads({{Store::kBad, 2, 5}}, 2);
  ASSERT_EQ(bench.r_seen.size(), 2u);
  EXPECT_EQ(bench.r_seen[0].resp, 2);
  EXPECT_EQ(bench.r_seen[0].data, 0u) << "no stale data with an error";
  EXPECT_EQ(bench.slave.counters().error_responses, 2u);
}

TEST(AxiSlave, UnsupportedBurstsAreRefusedLoudly) {
  Bench bench(always_ready());
  bench.cycle();
  bench.pins.bready = 1;
  bench.pins.awvalid = bench.pins.wvalid = bench.pins.wlast = 1;
  bench.pins.awaddr = 0x1000;
  bench.pins.awlen = 0;
  bench.pins.awsize = 2;  // narrow
  bench.pins.awburst = 1;
  bench.pins.wstrb = 0x0F;
  for (int i = 0; i < 4; ++i) bench.cycle();
  ASSERT_EQ(bench.b_seen.size(), 1u);
  EXPECT_EQ(bench.b_seen[0].resp, 2);
  bench.pins.awvalid = bench.pins.wvalid = 1;
  bench.pins.awsize = 3;
  bench.pins.awlen = 3;  // WLAST comes too early
  for (int i = 0; i < 4; ++i) bench.cycle();
  ASSERT_EQ(bench.b_seen.size(), 2u);
  EXPECT_EQ(bench.b_seen[1].resp, 2);
  EXPECT_TRUE(bench.store.order.empty());
  EXPECT_EQ(bench.slave.counters().unsupported_bursts, 2u);
}

TEST(AxiSlave, ReadsStreamInOrderUnderStallsOfBothSides) {
  for (unsigned pattern : {0u, 2u, 5u}) {
    Bench bench(BusTiming{}, 9);
    bench.rready_pattern = pattern;
    const auto bursts = some_bursts(40);
    std::size_t beats = 0;
    for (const Burst& burst : bursts) beats += burst.beats;
    bench.offer_reads(bursts, beats);
    ASSERT_EQ(bench.r_seen.size(), beats);
    std::size_t at = 0;
    for (const Burst& burst : bursts) {
      for (unsigned beat = 0; beat < burst.beats; ++beat, ++at) {
        EXPECT_EQ(bench.r_seen[at].data, burst.address + 8 * beat);
        EXPECT_EQ(bench.r_seen[at].id, burst.id);
        EXPECT_EQ(bench.r_seen[at].last, beat + 1 == burst.beats);
      }
    }
  }
}

TEST(AxiSlave, AlwaysReadyReadsHaveNoGap) {
  Bench bench(always_ready());
  bench.cycle();
  bench.offer_reads({{0x1000, 16, 1}, {0x2000, 16, 2}}, 32);
  ASSERT_EQ(bench.r_seen.size(), 32u);
  EXPECT_EQ(bench.r_seen[31].at - bench.r_seen[0].at, 31u);
}

TEST(BusFaults, ChooseByRangeDirectionAndCount) {
  BusFaults faults;
  faults.add({.on_write = true,
              .on_read = false,
              .first_address = 0x1000,
              .last_address = 0x1FFF,
              .skip = 1,
              .count = 2,
              .response = AxiResponse::kDecodeError});
  EXPECT_EQ(faults.check(0x1000, false), AxiResponse::kOkay);
  EXPECT_EQ(faults.check(0x0FF8, true), AxiResponse::kOkay);
  EXPECT_EQ(faults.check(0x1000, true), AxiResponse::kOkay) << "the first is skipped";
  EXPECT_EQ(faults.check(0x1008, true), AxiResponse::kDecodeError);
  EXPECT_EQ(faults.check(0x1FFF, true), AxiResponse::kDecodeError);
  EXPECT_EQ(faults.check(0x1000, true), AxiResponse::kOkay);
  faults.clear();
  EXPECT_EQ(faults.check(0x1000, true), AxiResponse::kOkay);
}

}  // namespace
}  // namespace p2p::sim
