// The reset pins pulled low in any cycle of a frame's life: the chip is as new, whatever was under way.
#include <gtest/gtest.h>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr CaptureSetup kSetup{.width = 20, .height = 4, .ring_log2 = 5, .completion_log2 = 3};

// Every register that is not of reset value, but for what never is or what it tells of time.
void expect_registers_as_new(Chip& chip) {
  EXPECT_EQ(chip.read(VCAP_STATUS), VCAP_STATUS_IDLE);
  for (const uint32_t offset :
       {VCAP_INTR_STATE,   VCAP_INTR_ENABLE,   VCAP_CTRL,       VCAP_ERR_CAUSE,   VCAP_ERR_ADDR_LO,  VCAP_ERR_ADDR_HI,
        VCAP_RING_BASE_LO, VCAP_RING_BASE_HI,  VCAP_RING_SIZE,  VCAP_RING_HEAD,   VCAP_RING_TAIL,    VCAP_CPL_BASE_LO,
        VCAP_CPL_BASE_HI,  VCAP_CPL_SIZE,      VCAP_CPL_HEAD,   VCAP_CPL_TAIL,    VCAP_TIMESTAMP_HI, VCAP_DETECT_CTRL,
        VCAP_DETECT_SIZE,  VCAP_DETECT_STATUS, VCAP_CNT_FRAMES, VCAP_CNT_DROPPED, VCAP_CNT_STARTED,  VCAP_MSI_CTRL}) {
    EXPECT_EQ(chip.read(offset), 0u) << "register " << std::hex << offset;
  }
  EXPECT_EQ(chip.read(VCAP_COALESCE), 1u);
  EXPECT_EQ(chip.read(VCAP_FORMAT_WIDTH), 640u);
  EXPECT_LT(chip.read(VCAP_TIMESTAMP_LO), 2000u);
}

void expect_a_frame(Chip& chip, uint32_t seed) {
  Session session(chip, kSetup, seed);
  session.post(1, 3, 40);
  session.capture.start(true);
  session.send();
  EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
  session.close();
  expect_clean_bus(chip);
}

// Captures, and pulls the pins after `cycles` of it.
void pull_within(Chip& chip, uint32_t cycles) {
  Capture capture(chip, kSetup, cycles + 1);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_ALL);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  for (uint32_t i = 0; i < 4; ++i) {
    Buffer buffer = capture.scattered(5, 60);
    if (capture.tail() + buffer.pieces.size() < 32) capture.post(buffer);
    Frame frame = capture.new_frame();
    Lines lines = frame.lines();
    if (i == 2) lines.pop_back();
    chip.video.send(lines);
  }
  capture.doorbell();
  capture.enable(cycles % 2 == 0);
  chip.run(cycles);
  chip.reset_pins();
}

TEST(HardReset, InEveryCycleOfAFrameLeavesTheChipAsNew) {
  Chip chip({.memory_size = size_t{128} << 10});
  for (uint32_t cycles = 0; cycles < 420; cycles += 3) {
    SCOPED_TRACE(testing::Message() << cycles << " cycles after ENABLE");
    chip.memory.timing = {.w_stall = cycles % 40, .min_latency = 1, .max_latency = 1 + cycles % 30};
    pull_within(chip, cycles);
    expect_registers_as_new(chip);
    expect_a_frame(chip, cycles);
    chip.reset_pins();
  }
}

TEST(HardReset, TheNumbersOfFramesBeginAgain) {
  Chip chip({.memory_size = size_t{128} << 10});
  for (uint32_t round = 0; round < 3; ++round) {
    Session session(chip, kSetup, round);
    session.post(3);
    session.capture.start(true);
    for (uint32_t i = 0; i < 3; ++i) session.send();
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2})) << "round " << round;
    chip.reset_pins();
  }
}

}  // namespace
}  // namespace p2p::rtltest
