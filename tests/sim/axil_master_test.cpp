#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/axil_master.h"
#include "sim/pins.h"

namespace p2p::sim {
namespace {

struct Ports {
  std::uint16_t s_axil_awaddr = 0, s_axil_araddr = 0;
  std::uint32_t s_axil_wdata = 0;
  std::uint8_t s_axil_awprot = 0, s_axil_awvalid = 0, s_axil_wstrb = 0, s_axil_wvalid = 0, s_axil_bready = 0;
  std::uint8_t s_axil_arprot = 0, s_axil_arvalid = 0, s_axil_rready = 0;
};

/// A register file of 16 words at the other end; address 0x3C answers SLVERR.
class Bench {
 public:
  explicit Bench(const BusTiming& timing, std::uint64_t seed = 1) : master(timing, seed, attention) {}
  void cycle() {
    pins.awvalid = ports.s_axil_awvalid;
    pins.awaddr = ports.s_axil_awaddr;
    pins.wvalid = ports.s_axil_wvalid;
    pins.wdata = ports.s_axil_wdata;
    pins.wstrb = ports.s_axil_wstrb;
    pins.bready = ports.s_axil_bready;
    pins.arvalid = ports.s_axil_arvalid;
    pins.araddr = ports.s_axil_araddr;
    pins.rready = ports.s_axil_rready;
    pins.awready = !aw_;
    pins.wready = !w_;
    pins.arready = !pins.rvalid;
    EXPECT_FALSE(pins.arvalid && (pins.awvalid || pins.wvalid)) << "one access at a time";
    master.sample(pins);
    step_slave();
    master.drive(ports);
    if (attention.raised) {
      attention.raised = false;
      EXPECT_TRUE(master.deliver());
    }
    ++now;
  }
  std::shared_ptr<RegisterAccess> access(bool write, std::uint16_t address, std::uint32_t data = 0,
                                         std::uint8_t strobes = 0xF) {
    auto a = std::make_shared<RegisterAccess>();
    a->write = write;
    a->address = address;
    a->data = data;
    a->strobes = strobes;
    master.submit(a);
    return a;
  }
  void run(const std::shared_ptr<RegisterAccess>& until) {
    for (int i = 0; i < 1000 && !until->done; ++i) cycle();
    ASSERT_TRUE(until->done);
  }

  Attention attention;
  AxilMaster master;
  AxiLitePins<Value> pins{};
  Ports ports;
  std::uint64_t now = 0;
  std::uint32_t words[16] = {};

 private:
  void step_slave() {
    if (pins.bvalid && pins.bready) pins.bvalid = 0, aw_ = w_ = false;
    if (pins.rvalid && pins.rready) pins.rvalid = 0;
    if (pins.awvalid && pins.awready) aw_ = true, address_ = pins.awaddr;
    if (pins.wvalid && pins.wready) w_ = true, data_ = pins.wdata, strobes_ = pins.wstrb;
    if (aw_ && w_ && !pins.bvalid) {
      pins.bvalid = 1;
      pins.bresp = address_ == 0x3C ? 2 : 0;
      for (unsigned i = 0; i < 4; ++i) {
        if (((strobes_ >> i) & 1u) == 0) continue;
        words[address_ / 4] = (words[address_ / 4] & ~(0xFFu << (8 * i))) | (data_ & (0xFFu << (8 * i)));
      }
    }
    if (pins.arvalid && pins.arready) {
      pins.rvalid = 1;
      pins.rdata = words[pins.araddr / 4];
      pins.rresp = pins.araddr == 0x3C ? 2 : 0;
    }
  }
  bool aw_ = false, w_ = false;
  std::uint16_t address_ = 0;
  std::uint32_t data_ = 0;
  std::uint8_t strobes_ = 0;
};

TEST(AxilMaster, WritesAndReadsUnderRandomGaps) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    Bench bench(BusTiming{}, seed);
    for (std::uint32_t i = 0; i < 12; ++i) bench.access(true, static_cast<std::uint16_t>(4 * i), 0x1000 * seed + i);
    std::vector<std::shared_ptr<RegisterAccess>> reads;
    for (std::uint32_t i = 0; i < 12; ++i) reads.push_back(bench.access(false, static_cast<std::uint16_t>(4 * i)));
    bench.run(reads.back());
    for (std::uint32_t i = 0; i < 12; ++i) EXPECT_EQ(reads[i]->data, 0x1000 * seed + i);
    EXPECT_EQ(bench.master.accesses(), 24u);
  }
}

TEST(AxilMaster, StrobesReachTheirLanes) {
  Bench bench(BusTiming{});
  bench.words[2] = 0xAABBCCDD;
  bench.run(bench.access(true, 8, 0x00110000, 0x4));
  EXPECT_EQ(bench.words[2], 0xAA11CCDDu);
}

TEST(AxilMaster, ErrorResponsesAreKept) {
  Bench bench(BusTiming{});
  const auto write = bench.access(true, 0x3C);
  const auto read = bench.access(false, 0x3C);
  const auto good = bench.access(false, 0);
  bench.run(good);
  EXPECT_EQ(write->response, 2);
  EXPECT_EQ(read->response, 2);
  EXPECT_EQ(good->response, 0);
}

/// Of the accesses that a reset ends, only the one on the bus was told to have begun.
TEST(AxilMaster, ResetEndsWhatWaitsWithoutAWord) {
  struct Listener final : BusListener {
    void burst_begins(bool, unsigned, std::uint64_t, unsigned) override {}
    void burst_in_memory(unsigned) override {}
    void burst_ends(bool, unsigned, unsigned) override {}
    void bus_reset() override {}
    void access_begins(bool, std::uint16_t, std::uint32_t) override { ++begun; }
    void access_ends(std::uint32_t, unsigned) override { ++ended; }
    unsigned begun = 0, ended = 0;
  } listener;
  Bench bench(BusTiming{});
  bench.master.set_listener(&listener);
  const auto first = bench.access(true, 0, 1), second = bench.access(true, 4, 2);
  while (listener.begun == 0) bench.cycle();
  bench.master.reset();
  EXPECT_TRUE(bench.master.deliver());
  EXPECT_TRUE(first->done && second->done);
  EXPECT_EQ(second->response, 3);
  EXPECT_EQ(listener.begun, 1u);
  EXPECT_EQ(listener.ended, 1u);
}

TEST(AxilMaster, IdleDrivesNothingAndRaisesNothing) {
  Bench bench(BusTiming{});
  for (int i = 0; i < 100; ++i) bench.cycle();
  EXPECT_EQ(bench.master.accesses(), 0u);
  EXPECT_EQ(bench.ports.s_axil_awvalid | bench.ports.s_axil_wvalid | bench.ports.s_axil_arvalid, 0);
  EXPECT_FALSE(bench.master.deliver());
}

}  // namespace
}  // namespace p2p::sim
