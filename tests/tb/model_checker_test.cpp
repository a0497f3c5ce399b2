// The reference model as a checker of a run: resets, both clocks, the words of a violation.
#include "tb/check/model_checker.h"

#include <gtest/gtest.h>

#include "tests/tb/pins.h"

namespace p2p::tb {
namespace {

/// The pins of a chip that nobody talks to, in the cycles after reset.
class QuietChip {
 public:
  QuietChip() {
    bus.axi.awvalid = bus.axi.wvalid = bus.axi.arvalid = 0;
    bus.axi.awcache = bus.axi.arcache = 3;
    reset();
  }
  void reset() {
    bus.rst_n = video.rst_n = 0;
    bus.axi.wstrb = 0;
    ready(0);
  }
  void step() {
    checker.instant(true, bus.rst_n != 0, video.rst_n != 0);
    checker.bus_cycle(cycle, bus);
    checker.pixel_cycle(cycle, video);
    ready(bus.rst_n);
    ++cycle;
  }
  void release() { bus.rst_n = video.rst_n = 1; }

  ModelChecker checker;
  sim::BusPins<sim::Value> bus = idle_bus();
  sim::VideoPins<sim::Value> video = idle_video();
  std::uint64_t cycle = 0;

 private:
  void ready(std::uint8_t up) {
    bus.axi.bready = bus.axi.rready = bus.axil.awready = bus.axil.wready = bus.axil.arready = video.tready = up;
  }
};

TEST(ModelChecker, ComparesEveryEdgeOfBothClocks) {
  QuietChip chip;
  for (int i = 0; i < 4; ++i) chip.step();
  chip.release();
  for (int i = 0; i < 20; ++i) chip.step();
  chip.checker.count();
  EXPECT_EQ(chip.checker.rules[ModelChecker::kOutput].exercised, 48u);
  EXPECT_TRUE(chip.checker.violations.list().empty()) << chip.checker.violations.list()[0].text;
}

TEST(ModelChecker, FollowsAResetInTheMiddle) {
  QuietChip chip;
  chip.step();
  chip.release();
  for (int i = 0; i < 5; ++i) chip.step();
  chip.reset();
  for (int i = 0; i < 3; ++i) chip.step();
  chip.release();
  for (int i = 0; i < 5; ++i) chip.step();
  chip.checker.count();
  EXPECT_TRUE(chip.checker.violations.list().empty()) << chip.checker.violations.list()[0].text;
}

TEST(ModelChecker, ReportsModelOutputWithClockCycleAndPin) {  // MODEL_OUTPUT
  QuietChip chip;
  chip.step();
  chip.release();
  chip.step();
  chip.bus.intr = 1;
  chip.step();
  chip.checker.count();
  ASSERT_EQ(chip.checker.violations.list().size(), 1u);
  const Violation& violation = chip.checker.violations.list()[0];
  EXPECT_EQ(violation.rule, "MODEL_OUTPUT");
  EXPECT_EQ(violation.clock, "bus");
  EXPECT_EQ(violation.cycle, 2u);
  EXPECT_EQ(violation.text, "intr_o is 0x1, expected 0x0: channel 0: INTR_STATE 0x0, INTR_ENABLE 0x0");
}

// However many instants are kept, and whoever asks in between.
TEST(ModelChecker, NamesTheCycleWhereverInABatchItIs) {  // MODEL_OUTPUT
  for (const bool asked : {false, true}) {
    for (std::uint64_t wrong = 60; wrong < 200; ++wrong) {
      QuietChip chip;
      chip.step();
      chip.release();
      while (chip.cycle < 200) {
        chip.bus.intr = chip.cycle == wrong;
        chip.step();
        if (!asked || chip.cycle % 3 != 0) continue;
        chip.checker.catch_up();
        // The instant in hand is not over yet, but for those before it.
        EXPECT_EQ(chip.checker.lockstep().differed(), chip.cycle > wrong + 1);
      }
      chip.checker.count();
      ASSERT_EQ(chip.checker.violations.list().size(), 1u);
      EXPECT_EQ(chip.checker.violations.list()[0].cycle, wrong);
      EXPECT_EQ(chip.checker.violations.list()[0].clock, "bus");
    }
  }
}

// In a run with a waveform, where it is to stand in the cycle it is of.
TEST(ModelChecker, ReportsAtOnceWhenTheInstantIsOver) {  // MODEL_OUTPUT
  QuietChip chip;
  chip.step();
  chip.release();
  for (const std::uint64_t wrong = 70; chip.cycle <= wrong;) {
    chip.bus.intr = chip.cycle == wrong;
    chip.step();
    chip.checker.instant_observed();
    EXPECT_EQ(chip.checker.violations.list().size(), chip.cycle > wrong ? 1u : 0u) << chip.cycle;
  }
}

TEST(ModelChecker, ReportsThePixelClocksPin) {
  QuietChip chip;
  chip.step();
  chip.release();
  for (int i = 0; i < 3; ++i) chip.step();
  chip.video.tready = 0;
  chip.step();
  chip.checker.count();
  ASSERT_EQ(chip.checker.violations.list().size(), 1u);
  EXPECT_EQ(chip.checker.violations.list()[0].clock, "pixel");
  EXPECT_TRUE(chip.checker.violations.list()[0].text.starts_with("s_axis_video_tready[0] is 0x0, expected 0x1"));
}

}  // namespace
}  // namespace p2p::tb
