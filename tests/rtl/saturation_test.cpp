// What measures time saturates: lines, frames and silence longer than their clocks count.
#include <gtest/gtest.h>

#include "tests/rtl/capture.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{16} << 10};
constexpr uint32_t kLongestLine = 0xFF'FFFF, kLongest = 0xFFFF'FFFF;

void send_frame(Chip& chip) {
  chip.video.send(Lines{{1u, 2u}, {3u, 4u}});
  ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
  chip.run(40);
}

TEST(Saturation, LinesAndFramesOfNearlyTheLongestTime) {
  // Exact up to the largest value, which then stands for all that is longer.
  for (const uint32_t before : {100u, 30u, 0u}) {
    SCOPED_TRACE(before);
    Chip chip(kSmall);
    chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
    chip.run(20);
    chip.video.send(Lines{{1u, 2u}});
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.preset_video_clocks(kLongestLine - before, kLongest - before);
    chip.run(80);  // some fifty pixel clocks
    chip.video.send(Lines{{3u, 4u}}, false);
    send_frame(chip);
    const uint32_t line = chip.read(VCAP_DETECT_LINE), frame = chip.read(VCAP_DETECT_FRAME);
    if (before == 100) {
      EXPECT_LT(line, kLongestLine);
      EXPECT_LT(frame, kLongest);
      EXPECT_GT(line, kLongestLine - 100);
    } else {
      EXPECT_EQ(line, kLongestLine);
      EXPECT_EQ(frame, kLongest);
    }
  }
}

TEST(Saturation, SilenceIsNotForgottenHoweverLong) {
  Chip chip(kSmall);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  chip.run(20);
  send_frame(chip);
  send_frame(chip);
  chip.preset_silence(kLongest - 10);
  chip.run(50);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS) & VCAP_DETECT_STATUS_PRESENT, VCAP_DETECT_STATUS_PRESENT) << "no timeout";
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & VCAP_INTR_VIDEO_LOST, 0u);
  chip.write(VCAP_DETECT_TIMEOUT, kLongest);
  chip.run(4);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & VCAP_INTR_VIDEO_LOST, VCAP_INTR_VIDEO_LOST);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), 0u);
}

}  // namespace
}  // namespace p2p::rtltest
