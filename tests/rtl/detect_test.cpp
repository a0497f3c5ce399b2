// What the chip measures of the video at its pins: size, periods, changes, loss.
#include <gtest/gtest.h>

#include <array>

#include "tests/rtl/capture.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{16} << 10};

Lines frame_of(uint32_t width, uint32_t height) {
  Random random(width + height);
  return Frame::random(random, width, height).lines();
}

bool all_sent(Chip& chip) {
  return chip.run_until([&] { return chip.video.waiting() == 0; }, 400'000);
}

// Sends frames, and the first beat of one more: a frame is measured when the next begins.
void measure(Chip& chip, uint32_t width, uint32_t height, uint32_t frames, uint32_t blanking = 0) {
  for (uint32_t i = 0; i < frames; ++i) {
    chip.video.send(frame_of(width, height));
    chip.video.pause(blanking);
  }
  chip.video.send(Lines{{0u}});
  ASSERT_TRUE(all_sent(chip));
  chip.run(20);
}

void expect_measured(uint32_t width, uint32_t height, uint32_t blanking, const ChipOptions& options) {
  Chip chip(options);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  chip.run(10);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), 0u);
  measure(chip, width, height, 20, blanking);
  const uint32_t size = chip.read(VCAP_DETECT_SIZE);
  EXPECT_EQ(VCAP_DETECT_WIDTH(size), width);
  EXPECT_EQ(VCAP_DETECT_LINES(size), height);
  EXPECT_EQ(chip.read(VCAP_DETECT_LINE), height == 1 ? 0 : width / 2);
  EXPECT_EQ(chip.read(VCAP_DETECT_FRAME), width / 2 * height + blanking);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), VCAP_DETECT_STATUS_PRESENT | VCAP_DETECT_STATUS_STABLE);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_VIDEO_SIZE);
  EXPECT_EQ(chip.read(VCAP_CNT_STARTED), 0u) << "nothing was captured";
}

// At several ratios of the clocks: how long a result has stood when it is read must not matter.
TEST(Detect, SizeAndPeriodsOfVideoThatIsNotCaptured) {
  for (const uint64_t period : {13468u, 8000u, 5003u, 21011u}) {
    for (const auto& [width, height, blanking] :
         {std::array<uint32_t, 3>{64, 8, 0}, {2, 1, 0}, {2, 5, 0}, {130, 3, 17}, {640, 2, 1000}}) {
      SCOPED_TRACE(testing::Message() << width << "x" << height << ", pixel period " << period << " ps");
      ChipOptions options = kSmall;
      options.pixel_period_ps = period;
      expect_measured(width, height, blanking, options);
    }
  }
}

TEST(Detect, FramesOf65534And65535Lines) {
  ChipOptions options = kSmall;
  options.pixel_period_ps = 5003;
  Chip chip(options);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  constexpr uint32_t kWidth = 6, kLines = 0xFFFF;
  measure(chip, 2, kLines - 1, 1);
  EXPECT_EQ(chip.read(VCAP_DETECT_SIZE), 2 | (kLines - 1) << 16);
  measure(chip, kWidth, kLines, 2);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), VCAP_DETECT_STATUS_PRESENT | VCAP_DETECT_STATUS_STABLE);
  EXPECT_EQ(chip.read(VCAP_DETECT_SIZE), kWidth | kLines << 16);
  EXPECT_EQ(chip.read(VCAP_DETECT_FRAME), kWidth / 2 * kLines);
}

TEST(Detect, AnotherSizeIsReportedOnce) {
  Chip chip(kSmall);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  measure(chip, 32, 4, 3);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  measure(chip, 48, 4, 1);  // the single beat before it is a frame of its own: 2x0, then 48x4
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_VIDEO_SIZE);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), VCAP_DETECT_STATUS_PRESENT) << "not stable yet";
  EXPECT_EQ(VCAP_DETECT_WIDTH(chip.read(VCAP_DETECT_SIZE)), 48u);
  for (uint32_t i = 0; i < 3; ++i) chip.video.send(frame_of(48, 4));
  ASSERT_TRUE(all_sent(chip));
  chip.run(20);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), VCAP_DETECT_STATUS_PRESENT | VCAP_DETECT_STATUS_STABLE);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  for (uint32_t i = 0; i < 3; ++i) chip.video.send(frame_of(48, 4));
  ASSERT_TRUE(all_sent(chip));
  chip.run(20);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u) << "the same size again";
}

TEST(Detect, LinesOfDifferentLengthsAreNotStable) {
  Chip chip(kSmall);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  Lines uneven = frame_of(32, 6);
  uneven[3].pop_back();
  for (uint32_t i = 0; i < 4; ++i) chip.video.send(uneven);
  ASSERT_TRUE(all_sent(chip));
  chip.run(20);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), VCAP_DETECT_STATUS_PRESENT);
  EXPECT_EQ(chip.read(VCAP_DETECT_SIZE), 32u | 6u << 16);
}

// Frames of a few beats: one is measured whenever the two clocks have shaken hands over the one before, whatever a
// reset does. The reference model knows which.
TEST(Detect, SoftResetDoesNotDisturbIt) {
  Chip chip(kSmall);
  Random random(1);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  for (uint32_t i = 0; i < 2000; ++i) chip.video.send(frame_of(2 * random.between(1, 8), random.between(1, 2)));
  chip.run(60);
  for (uint32_t i = 0; i < 100; ++i) {
    chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
    EXPECT_EQ(chip.read(VCAP_DETECT_STATUS) & VCAP_DETECT_STATUS_PRESENT, VCAP_DETECT_STATUS_PRESENT);
    for (uint32_t k = 0; k < 4; ++k) {
      EXPECT_LE(VCAP_DETECT_WIDTH(chip.read(VCAP_DETECT_SIZE)), 16u);
      EXPECT_LE(chip.read(VCAP_DETECT_FRAME), 16u);
    }
    ASSERT_EQ(chip.read(VCAP_CTRL), 0u);
    chip.run(i % 10);
  }
  EXPECT_NE(chip.video.waiting(), 0u);
}

TEST(Detect, LossAndReturn) {
  Chip chip(kSmall);
  constexpr uint32_t kTimeout = 900;
  chip.write(VCAP_DETECT_TIMEOUT, kTimeout);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  chip.run(2 * kTimeout);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u) << "what never was there is not lost";
  measure(chip, 32, 4, 3);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_VIDEO_LOST);
  const uint64_t before = chip.cycle();
  ASSERT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 2 * kTimeout)) << "intr_o";
  EXPECT_LE(chip.cycle() - before, kTimeout);
  EXPECT_GE(chip.cycle() - before, kTimeout - 100);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), 0u);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_VIDEO_LOST);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  chip.run(2 * kTimeout);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u) << "lost once";
  chip.video.send(frame_of(32, 4));
  chip.video.send(frame_of(32, 4));
  chip.video.send(frame_of(32, 4));
  ASSERT_TRUE(all_sent(chip));
  chip.run(20);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS) & VCAP_DETECT_STATUS_PRESENT, VCAP_DETECT_STATUS_PRESENT);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_VIDEO_SIZE) << "the first measurement since";
}

TEST(Detect, DisabledItForgets) {
  Chip chip(kSmall);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  measure(chip, 32, 4, 3);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), VCAP_DETECT_STATUS_PRESENT | VCAP_DETECT_STATUS_STABLE);
  chip.write(VCAP_DETECT_CTRL, 0);
  chip.run(10);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), 0u);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  measure(chip, 32, 4, 3);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), 0u);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
  // The frame under way when it is enabled again is not measured: it was seen in part.
  chip.video.send(Lines{{1u, 2u}, {3u, 4u}});
  ASSERT_TRUE(all_sent(chip));
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  chip.run(10);
  chip.video.send(frame_of(32, 4));
  ASSERT_TRUE(all_sent(chip));
  chip.run(20);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), 0u);
  chip.video.send(frame_of(32, 4));
  ASSERT_TRUE(all_sent(chip));
  chip.run(20);
  EXPECT_EQ(chip.read(VCAP_DETECT_SIZE), 32u | 4u << 16);
}

}  // namespace
}  // namespace p2p::rtltest
