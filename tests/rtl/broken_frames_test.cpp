// Frames that do not have the programmed format: counted and flagged, never delivered, and the next good frame is
// whole.
#include <gtest/gtest.h>

#include <string>

#include "tests/rtl/breaks.h"

namespace p2p::rtltest {
namespace {

struct Size {
  uint32_t width, height;
};
// Frames that break before their first 64-bit word is complete, after it, with an odd number of beats a line.
const Size kSizes[] = {{2, 1}, {4, 1}, {2, 3}, {6, 2}, {10, 4}};

constexpr ChipOptions kSmall{.memory_size = size_t{64} << 10};

TEST(BrokenFrames, OneOfEveryKindAtEveryPositionBetweenGoodFrames) {
  for (const Size& size : kSizes) {
    Chip chip(kSmall);
    Session session(chip, {.width = size.width, .height = size.height, .ring_log2 = 3, .completion_log2 = 2},
                    size.width);
    session.capture.start(false);
    uint32_t broken_frames = 0;
    session.post(1);
    session.send();
    session.finish();
    for (const Break& broken : all_breaks(session.capture.new_frame().lines())) {
      SCOPED_TRACE(testing::Message() << size.width << "x" << size.height << ", " << broken.name);
      take_interrupts(chip);
      session.post(2);
      const uint32_t first = session.sent();
      send_broken(session, broken);
      ++broken_frames;
      session.send();
      session.send();
      EXPECT_EQ(session.finish(), (std::vector<uint32_t>{first + 1, first + 2}));
      EXPECT_EQ(session.capture.counters(), format_lost(session, broken_frames));
      EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FORMAT_ERR | VCAP_INTR_FRAME_DONE);
    }
    EXPECT_GT(broken_frames, 1u);
    session.close();
  }
}

// The frame is whole when its last line has come; what follows is thrown away and flagged, no frame is lost.
TEST(BrokenFrames, LinesAfterTheLastAreFlaggedAndThrownAway) {
  for (const Size& size : kSizes) {
    Chip chip(kSmall);
    Session session(chip, {.width = size.width, .height = size.height, .ring_log2 = 3, .completion_log2 = 2},
                    size.width);
    session.capture.start(false);
    for (const size_t extra_lines : {1u, 2u, 9u}) {
      for (size_t beats = 1; beats <= size.width; ++beats) {
        for (const uint32_t pause : {0u, 40u}) {
          SCOPED_TRACE(testing::Message() << size.width << "x" << size.height << ", " << extra_lines << " lines of "
                                          << beats << " beats after a pause of " << pause);
          take_interrupts(chip);
          session.post(2);
          const uint32_t first = session.sent();
          session.send();
          chip.video.pause(pause);
          chip.video.send(Lines(extra_lines, std::vector<uint32_t>(beats, 0xDEADBEEF)), false);
          session.send();
          EXPECT_EQ(session.finish(), (std::vector<uint32_t>{first, first + 1}));
          EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FORMAT_ERR | VCAP_INTR_FRAME_DONE);
        }
      }
    }
    EXPECT_EQ(session.capture.counters(), (Counters{.frames = session.sent(), .started = session.sent()}));
    session.close();
  }
}

// Bursts of it that are ready wait for an address that memory does not take yet.
TEST(BrokenFrames, NoFurtherBurstIsIssuedOnceTheFrameIsVoid) {
  Chip chip(kSmall);
  Session session(chip, {.width = 8, .height = 8, .stride = 64});  // a burst a line
  session.post(2);
  session.capture.start(false);
  chip.memory.timing.aw_stall = 100;
  Lines lines = session.capture.new_frame().lines();
  lines.resize(4);
  lines.back().pop_back();
  session.send_as({}, lines);
  ASSERT_TRUE(chip.run_until([&] { return session.capture.counters().format == 1; })) << "CNT_FORMAT";
  const size_t before = chip.memory.bursts.size();
  chip.memory.timing.aw_stall = 0;
  chip.run(300);
  EXPECT_LE(chip.memory.bursts.size() - before, 1u) << "m_axi_awvalid behind the address that stood at the pins";
  session.send();
  EXPECT_EQ(session.finish(), std::vector<uint32_t>{1});
  session.close();
}

TEST(BrokenFrames, BeatsBeforeTheFirstStartOfFrameAreNothing) {
  for (uint32_t beats = 1; beats < 60; ++beats) {
    SCOPED_TRACE(beats);
    Chip chip({.seed = beats, .memory_size = size_t{64} << 10});
    Session session(chip, {.width = 10, .height = 4}, beats);
    session.post(2);
    session.capture.start(false);
    // Lines of the right length from within a frame, the last one cut off.
    Lines lines;
    for (uint32_t sent = 0; sent < beats; ++sent) {
      if (sent % 5 == 0) lines.emplace_back();
      lines.back().push_back(0xDEADBEEF);
    }
    chip.video.send(lines, false);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
    EXPECT_EQ(session.capture.counters(), (Counters{.frames = 1, .started = 1}));
    EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE);
    session.close();
  }
}

// A frame under way when ENABLE arrives is not captured, whole or in part.
TEST(BrokenFrames, EnabledWithinAFrameCapturesFromTheNext) {
  for (uint32_t cycles = 0; cycles < 60; cycles += 3) {
    SCOPED_TRACE(cycles);
    Chip chip({.memory_size = size_t{64} << 10});
    Session session(chip, {.width = 10, .height = 4}, cycles);
    session.post(2);
    chip.video.send(session.capture.new_frame());
    ASSERT_TRUE(chip.run_until([&] { return chip.video.taken() == 1; }));
    chip.run(cycles);
    session.capture.start(false);
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    EXPECT_EQ(chip.read(VCAP_CNT_STARTED), 0u);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
    EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE);
    session.close();
  }
}

// Nothing ends a frame that was cut off but the next start of frame, captured or not.
TEST(BrokenFrames, CutOffFrameEndsAtAStartOfFrameThatIsNotCaptured) {
  for (size_t beats = 1; beats < 20; ++beats) {
    SCOPED_TRACE(beats);
    Chip chip({.memory_size = size_t{64} << 10});
    Session session(chip, {.width = 10, .height = 4}, 5);
    session.post(1);
    session.capture.start(false);
    const Frame frame = session.capture.new_frame();
    Lines lines;
    for (size_t sent = 0; sent < beats; ++sent) {
      if (sent % 5 == 0) lines.emplace_back();
      lines.back().push_back(0x12345678);
    }
    session.send_broken(lines);
    if (beats % 5 != 0) chip.video.cut_here();
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.write(VCAP_CTRL, 0);
    chip.run(300);
    EXPECT_EQ(chip.read(VCAP_STATUS) & VCAP_STATUS_IDLE, 0u);
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
    chip.video.send(frame);
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.run(100);
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FORMAT_ERR | VCAP_INTR_DRAINED);
    EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 1, .format = 1, .started = 1}));
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{});
    session.capture.expect_remains(session.next_buffer());
    session.capture.check_memory();
    expect_clean_bus(chip);
  }
}

// Long random runs: any number of broken frames in a row, any piece size, stalls everywhere.
TEST(BrokenFrames, RandomRunsDeliverExactlyTheGoodOnes) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Chip chip({.pixel_period_ps = seed % 3 == 0 ? 3636ull : 13468ull, .seed = seed});
    chip.memory.timing = random_timing(random);
    chip.video.gap_percent = random.between(0, 50);
    const uint32_t width = 2 * random.between(1, 20), height = random.between(1, 9);
    const CaptureSetup setup{.width = width,
                             .height = height,
                             .stride = 2 * width + random.between(0, 9),
                             .ring_log2 = 12,
                             .completion_log2 = 3};
    Session session(chip, setup, seed);
    session.capture.start(true);
    uint32_t broken_frames = 0;
    for (uint32_t round = 0; round < 15; ++round) {
      session.post(8, 1, random.between(4, 200));
      std::vector<uint32_t> good;
      for (uint32_t i = 0; i < 8; ++i) {
        for (uint32_t broken = random.between(0, 3); broken != 0; --broken) {
          send_broken(session, random_break(random, session.capture.new_frame().lines()));
          ++broken_frames;
          chip.video.pause(random.between(0, 30));
        }
        good.push_back(session.sent());
        session.send();
      }
      EXPECT_EQ(session.finish(), good);
    }
    EXPECT_EQ(session.capture.counters(), format_lost(session, broken_frames));
    session.close();
  }
}

}  // namespace
}  // namespace p2p::rtltest
