// What measures time saturates: lines, frames and silence longer than their clocks count; so do counts of frames that
// are lost at once.
#include <gtest/gtest.h>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{16} << 10};
constexpr uint32_t kLongestLine = 0xFF'FFFF, kLongest = 0xFFFF'FFFF;

void send_frame(Chip& chip) {
  chip.video.send(Lines{{1u, 2u}, {3u, 4u}});
  ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
  chip.run(40);
}

// Video that the chip knows, and no interrupt of it any more.
void make_present(Chip& chip) {
  chip.write(VCAP_DETECT_TIMEOUT, 0);
  send_frame(chip);
  send_frame(chip);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS) & VCAP_DETECT_STATUS_PRESENT, VCAP_DETECT_STATUS_PRESENT);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
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
    send_frame(chip);
    send_frame(chip);
    EXPECT_EQ(chip.read(VCAP_DETECT_LINE), 2u) << "what follows is measured as ever";
    EXPECT_LT(chip.read(VCAP_DETECT_FRAME), 1000u);
  }
}

TEST(Saturation, SilenceIsNotForgottenHoweverLong) {
  Chip chip(kSmall);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  chip.run(20);
  make_present(chip);
  chip.preset_silence(kLongest - 10);
  chip.run(50);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS) & VCAP_DETECT_STATUS_PRESENT, VCAP_DETECT_STATUS_PRESENT) << "no timeout";
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & VCAP_INTR_VIDEO_LOST, 0u);
  chip.write(VCAP_DETECT_TIMEOUT, kLongest);
  chip.run(4);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & VCAP_INTR_VIDEO_LOST, VCAP_INTR_VIDEO_LOST);
  EXPECT_EQ(chip.read(VCAP_DETECT_STATUS), 0u);
}

// Each bit of the count and of DETECT_TIMEOUT.
TEST(Saturation, VideoIsLostAfterTimeoutsOfEveryLength) {
  Chip chip(kSmall);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  for (uint32_t bit = 8; bit < 32; ++bit) {
    for (const uint32_t timeout : {1u << bit, ~(1u << bit)}) {
      SCOPED_TRACE(testing::Message() << "DETECT_TIMEOUT 0x" << std::hex << timeout);
      make_present(chip);
      chip.preset_silence(timeout - 100);
      chip.write(VCAP_DETECT_TIMEOUT, timeout);
      chip.run(50);
      EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
      chip.run(50);
      EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_VIDEO_LOST);
    }
  }
}

TEST(Saturation, SilenceIsCountedToItsLargestValue) {
  Chip chip(kSmall);
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  for (uint32_t bit = 0; bit < 32; ++bit) {
    SCOPED_TRACE(bit);
    const uint32_t almost = ~(1u << bit);  // not the largest
    make_present(chip);
    chip.write(VCAP_DETECT_TIMEOUT, almost + 1);
    chip.preset_silence(almost);
    chip.run(4);
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_VIDEO_LOST);
  }
}

// While memory stands still a few frames wait for it. Of those behind them the chip keeps counts of 16 bits.
TEST(Saturation, FramesLostAtOnceAreCountedUpTo65535) {
  constexpr uint32_t kMost = 0xFFFF, kLost = kMost + 200;
  Chip chip({.pixel_period_ps = 4000, .memory_size = size_t{64} << 10});
  Session session(chip, {.width = 2, .height = 1, .ring_log2 = 8, .completion_log2 = 8});
  session.post(80);
  session.capture.start(false);
  chip.memory.hold_writes = true;
  const auto send = [&](const Lines& lines, uint32_t count, bool cut) {
    for (uint32_t i = 0; i < count; ++i) {
      chip.video.send(lines);
      if (cut) chip.video.cut_here();
    }
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }, 200000));
  };
  send({{0x11223344}}, 60, false);
  send({{0x11223344}}, kLost, false);
  send({{0x55667788}}, kLost, true);
  chip.memory.hold_writes = false;
  ASSERT_TRUE(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_IDLE) != 0; }));
  const Counters now = session.capture.counters();
  EXPECT_GE(now.frames, 16u);
  // A header that found room before the FIFO was full may have carried some of the first sixty.
  EXPECT_GE(now.overflow, kMost);
  EXPECT_LE(now.overflow, kMost + 60 - now.frames);
  EXPECT_EQ(now, (Counters{.frames = now.frames,
                           .dropped = now.overflow + kMost,
                           .overflow = now.overflow,
                           .format = kMost,
                           .started = now.frames + now.overflow + kMost}));
  send({{0x99AABBCC}}, 1, false);
  ASSERT_TRUE(session.capture.wait_head(now.frames + 1));
  EXPECT_EQ(session.capture.record(now.frames).Sequence, now.started);
}

TEST(Saturation, CompletionsWaitForTheLongestTimeoutOrTheMostOfThem) {
  constexpr uint32_t kMost = 0xFF, kTimeout = 0xFF'FFFF;
  Chip chip({.memory_size = size_t{64} << 10});
  Session session(chip, {.width = 2, .height = 1, .ring_log2 = 9, .completion_log2 = 9});
  chip.write(VCAP_COALESCE, kMost);
  chip.write(VCAP_COALESCE_TIMEOUT, kTimeout);
  session.post(2 * kMost);
  session.capture.start(true);
  for (uint32_t i = 1; i < kMost; ++i) session.send();
  EXPECT_EQ(session.finish().size(), kMost - 1);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & VCAP_INTR_FRAME_DONE, 0u) << "254 completions";
  session.send();
  session.finish();
  EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE) << "255 completions";
  session.send();
  session.finish();
  chip.preset_coalescing(kTimeout - 100);
  chip.run(80);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u) << "the timeout is not over";
  chip.run(20);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FRAME_DONE) << "the timeout is over";
  session.close();
}

TEST(Saturation, AnotherCompletionDoesNotDelayTheFirst) {
  constexpr uint32_t kTimeout = 0xFF'FFFF, kFrame = 1000;
  Chip chip({.memory_size = size_t{64} << 10});
  Session session(chip, {.width = 2, .height = 1, .ring_log2 = 6, .completion_log2 = 6});
  chip.write(VCAP_COALESCE, 0xFF);
  chip.write(VCAP_COALESCE_TIMEOUT, kTimeout);
  session.post(40);
  session.capture.start(true);
  for (uint32_t i = 0; i < 16; ++i) {
    SCOPED_TRACE(i);
    session.send();
    session.finish();
    chip.preset_coalescing(kTimeout - kFrame - i);
    session.send();
    session.finish();
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u) << "the timeout is not over";
    chip.run(kFrame + i);
    EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE) << "the timeout is over";
  }
  session.close();
}

}  // namespace
}  // namespace p2p::rtltest
