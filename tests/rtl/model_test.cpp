// The reference model notices whatever a wrong chip could show: each output pin, changed in a cycle of a capture, is
// named with that cycle. That the chip as it is never differs is what every other suite of this folder shows.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

struct Pin {
  const char* name;
  void (*flip)(model::BusOutputs&);
};

// Every output of the bus clock's side, by the name of rtl/vcap.sv. Where a pin has several bits, the highest.
const Pin kPins[] = {
    {"intr_o", [](model::BusOutputs& o) { o.intr ^= 1; }},
    {"s_axil_awready", [](model::BusOutputs& o) { o.axil.awready ^= 1; }},
    {"s_axil_wready", [](model::BusOutputs& o) { o.axil.wready ^= 1; }},
    {"s_axil_bvalid", [](model::BusOutputs& o) { o.axil.bvalid ^= 1; }},
    {"s_axil_bresp", [](model::BusOutputs& o) { o.axil.bresp ^= 2; }},
    {"s_axil_arready", [](model::BusOutputs& o) { o.axil.arready ^= 1; }},
    {"s_axil_rvalid", [](model::BusOutputs& o) { o.axil.rvalid ^= 1; }},
    {"s_axil_rdata", [](model::BusOutputs& o) { o.axil.rdata ^= 1u << 31; }},
    {"s_axil_rresp", [](model::BusOutputs& o) { o.axil.rresp ^= 2; }},
    {"m_axi_awvalid", [](model::BusOutputs& o) { o.axi.awvalid ^= 1; }},
    {"m_axi_awid", [](model::BusOutputs& o) { o.axi.awid ^= 8; }},
    {"m_axi_awaddr", [](model::BusOutputs& o) { o.axi.awaddr ^= std::uint64_t{1} << 63; }},
    {"m_axi_awlen", [](model::BusOutputs& o) { o.axi.awlen ^= 0x80; }},
    {"m_axi_awsize", [](model::BusOutputs& o) { o.axi.awsize ^= 4; }},
    {"m_axi_awburst", [](model::BusOutputs& o) { o.axi.awburst ^= 2; }},
    {"m_axi_awcache", [](model::BusOutputs& o) { o.axi.awcache ^= 8; }},
    {"m_axi_awprot", [](model::BusOutputs& o) { o.axi.awprot ^= 4; }},
    {"m_axi_wvalid", [](model::BusOutputs& o) { o.axi.wvalid ^= 1; }},
    {"m_axi_wlast", [](model::BusOutputs& o) { o.axi.wlast ^= 1; }},
    {"m_axi_wstrb", [](model::BusOutputs& o) { o.axi.wstrb ^= 0x80; }},
    {"m_axi_wdata[63:0]", [](model::BusOutputs& o) { o.axi.wdata.low ^= std::uint64_t{1} << 63; }},
    {"m_axi_wdata[127:64]", [](model::BusOutputs& o) { o.axi.wdata.high ^= std::uint64_t{1} << 63; }},
    {"m_axi_bready", [](model::BusOutputs& o) { o.axi.bready ^= 1; }},
    {"m_axi_arvalid", [](model::BusOutputs& o) { o.axi.arvalid ^= 1; }},
    {"m_axi_arid", [](model::BusOutputs& o) { o.axi.arid ^= 8; }},
    {"m_axi_araddr", [](model::BusOutputs& o) { o.axi.araddr ^= std::uint64_t{1} << 63; }},
    {"m_axi_arlen", [](model::BusOutputs& o) { o.axi.arlen ^= 0x80; }},
    {"m_axi_arsize", [](model::BusOutputs& o) { o.axi.arsize ^= 4; }},
    {"m_axi_arburst", [](model::BusOutputs& o) { o.axi.arburst ^= 2; }},
    {"m_axi_arcache", [](model::BusOutputs& o) { o.axi.arcache ^= 8; }},
    {"m_axi_arprot", [](model::BusOutputs& o) { o.axi.arprot ^= 4; }},
    {"m_axi_rready", [](model::BusOutputs& o) { o.axi.rready ^= 1; }},
};

struct Found {
  std::uint64_t cycle;
  std::string text;
};

// Captures two frames on a chip whose pins a test changes; what the model said of it.
std::vector<Found> capture_two(Chip& chip) {
  std::vector<Found> found;
  chip.on_difference = [&](const std::string& text) { found.push_back({chip.cycle(), text}); };
  Session session(chip, {});
  session.post(2);
  session.capture.start(true);
  session.send();
  session.send();
  session.finish();
  session.close();
  return found;
}

TEST(Model, NamesEachOutputThatChangesInItsCycle) {
  std::uint64_t cycle = 100;
  for (const Pin& pin : kPins) {
    SCOPED_TRACE(pin.name);
    Chip chip;
    cycle += 7;  // each pin in another cycle of the capture
    chip.tamper = [&](model::BusOutputs& outputs) {
      if (chip.cycle() == cycle) pin.flip(outputs);
    };
    const std::vector<Found> found = capture_two(chip);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].cycle, cycle);
    EXPECT_TRUE(found[0].text.starts_with(std::string(pin.name) + " is 0x")) << found[0].text;
    EXPECT_NE(found[0].text.find(", expected 0x"), std::string::npos) << found[0].text;
  }
}

TEST(Model, NamesTheVideoPinsReady) {
  Chip chip;
  std::uint64_t edges = 0;
  chip.tamper_tready = [&](bool ready) { return ++edges == 40 ? !ready : ready; };
  const std::vector<Found> found = capture_two(chip);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].text.starts_with("s_axis_video_tready[0] is 0x0, expected 0x1: channel 0 is ")) << found[0].text;
}

TEST(Model, SaysWhatTheChipIsAbout) {
  Chip chip;
  chip.tamper = [](model::BusOutputs& outputs) {
    if (outputs.axi.wvalid) outputs.axi.wvalid = 0;
  };
  const std::vector<Found> found = capture_two(chip);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].text.find("channel 0 is writing a frame (frame 0, "), std::string::npos) << found[0].text;
}

// A difference has consequences; the first is what counts.
TEST(Model, SaysNothingAfterTheFirstDifference) {
  Chip chip;
  chip.tamper = [](model::BusOutputs& outputs) { outputs.axil.rdata ^= 1; };
  EXPECT_EQ(capture_two(chip).size(), 1u);
}

TEST(Model, FindsNothingWrongWithTheChipAsItIs) {
  Chip chip;
  EXPECT_TRUE(capture_two(chip).empty());
}

}  // namespace
}  // namespace p2p::rtltest
