// A window of the video: its pixels and no others, whatever its place; what breaks before its last pixel voids the
// frame, what breaks behind it is flagged.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rtl/breaks.h"

namespace p2p::rtltest {
namespace {

std::string name(const CaptureSetup& setup) {
  return std::to_string(setup.width) + "x" + std::to_string(setup.height) + " at " + std::to_string(setup.left) + "," +
         std::to_string(setup.top) + " of " + std::to_string(setup.input_width) + "x" +
         std::to_string(setup.input_height);
}

// Every window of a video.
std::vector<CaptureSetup> all_windows(uint32_t width, uint32_t height) {
  std::vector<CaptureSetup> windows;
  for (uint32_t left = 0; left < width; left += 2) {
    for (uint32_t top = 0; top < height; ++top) {
      for (uint32_t w = 2; left + w <= width; w += 2) {
        for (uint32_t h = 1; top + h <= height; ++h) {
          windows.push_back({.width = w,
                             .height = h,
                             .ring_log2 = 4,
                             .completion_log2 = 3,
                             .input_width = width,
                             .input_height = height,
                             .left = left,
                             .top = top});
        }
      }
    }
  }
  return windows;
}

// Sends the video broken; true if the frame must be delivered all the same.
bool send_for(Session& session, const CaptureSetup& setup, const Frame& frame, const Break& broken) {
  const bool whole = whole_before(setup, broken);
  session.send_as(whole ? frame : Frame{}, broken.lines);
  cut_if(session, broken);
  return whole;
}

TEST(Crop, EveryWindowOfASmallVideo) {
  const std::vector<CaptureSetup> windows = all_windows(8, 4);
  ASSERT_EQ(windows.size(), 100u);
  for (const CaptureSetup& window : windows) {
    SCOPED_TRACE(name(window));
    Chip chip({.seed = window.left + 3 * window.width, .memory_size = size_t{64} << 10});
    chip.video.gap_percent = window.top * 15;
    Session session(chip, window);
    session.post(3);
    session.capture.start(true);
    for (uint32_t i = 0; i < 3; ++i) session.send();
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2}));
    EXPECT_EQ(session.capture.counters(), (Counters{.frames = 3, .started = 3}));
    EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE);
    session.close();
  }
}

// INPUT_SIZE may name one dimension only; the other is the format's.
TEST(Crop, AZeroInSizeIsTheFormats) {
  for (const bool narrow : {false, true}) {
    Chip chip({.memory_size = size_t{64} << 10});
    CaptureSetup setup{.width = 12, .height = 5};
    (narrow ? setup.input_width : setup.input_height) = 20;
    (narrow ? setup.left : setup.top) = 4;
    Session session(chip, setup);
    session.post(2);
    session.capture.start(false);
    session.send();
    session.send();
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
    session.close();
  }
}

TEST(Crop, AWindowThatDoesNotFitVoidsEveryFrame) {
  struct Window {
    uint32_t left, top, width, height;
  };
  for (const Window& w : {Window{2, 0, 8, 4}, Window{0, 1, 8, 4}, Window{8, 0, 2, 1}, Window{0, 4, 2, 1},
                          Window{0, 0, 10, 1}, Window{0, 0, 2, 5}, Window{65534, 0, 4, 1}, Window{0, 65535, 2, 2},
                          Window{6, 3, 4, 2}, Window{4, 2, 0, 1}, Window{4, 2, 2, 0}}) {
    SCOPED_TRACE(testing::Message() << w.width << "x" << w.height << " at " << w.left << "," << w.top);
    Chip chip({.memory_size = size_t{64} << 10});
    const CaptureSetup video{.width = 8, .height = 4, .input_width = 8, .input_height = 4};
    Session session(chip, video);
    chip.write(VCAP_FORMAT_WIDTH, w.width);
    chip.write(VCAP_FORMAT_HEIGHT, w.height);
    chip.write(VCAP_CROP_POS, w.left | w.top << 16);
    session.post(1);
    session.capture.start(false);
    for (uint32_t i = 0; i < 4; ++i) session.send_broken(Frame{8, 4, std::vector<uint8_t>(64, 0x5A)}.lines());
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    ASSERT_TRUE(session.capture.wait_started(4));
    EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 4, .format = 4, .started = 4}));
    EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FORMAT_ERR);
    session.capture.stop();
    session.capture.check_memory();
  }
}

// Just inside and just outside of videos of every power of two, told apart by the first line.
TEST(Crop, AWindowFitsOrNotAtEveryBitOfItsPlace) {
  struct Place {
    uint32_t left, top;
  };
  for (uint32_t bit = 0; bit < 16; ++bit) {
    for (const bool fits : {true, false}) {
      const uint32_t size = 1u << bit, at = fits ? size - 1 : size;
      for (const Place& place : {Place{0, at}, Place{2 * at, 0}}) {
        if (place.left != 0 && bit == 15) continue;
        SCOPED_TRACE(testing::Message() << "at " << place.left << "," << place.top
                                        << (fits ? ", inside" : ", outside"));
        Chip chip({.memory_size = size_t{64} << 10});
        Capture capture(chip, {.width = 2, .height = 1});
        chip.write(VCAP_INPUT_SIZE, place.left != 0 ? (1u << 16 | (2 * size)) : (size << 16 | 2));
        chip.write(VCAP_CROP_POS, place.left | place.top << 16);
        Buffer buffer = capture.whole();
        capture.post(buffer);
        capture.doorbell();
        capture.start(false);
        chip.video.send(Lines(1, std::vector<uint32_t>(place.left != 0 ? size : 1)));
        ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
        chip.run(100);
        const bool begun = (chip.read(VCAP_STATUS) & VCAP_STATUS_IDLE) == 0;
        EXPECT_EQ(begun || chip.read(VCAP_CNT_FRAMES) == 1, fits);
      }
    }
  }
}

TEST(Crop, EveryBreakBeforeOrBehindTheWindowsEnd) {
  // Borders, one beat, one line, one column, inside; windows of half a word.
  for (const CaptureSetup& window : all_windows(6, 3)) {
    SCOPED_TRACE(name(window));
    Chip chip({.memory_size = size_t{256} << 10});
    CaptureSetup setup = window;
    setup.ring_log2 = 5;
    setup.completion_log2 = 4;
    Session session(chip, setup, window.left + 7 * window.top);
    session.capture.start(false);
    uint32_t dropped = 0;
    const Frame frame = session.capture.new_frame();
    for (const Break& broken : all_breaks(session.capture.video_of(frame.lines()))) {
      SCOPED_TRACE(broken.name);
      take_interrupts(chip);
      const uint32_t first = session.sent();
      const bool whole = whole_before(window, broken);
      session.post(whole ? 2 : 1);
      send_for(session, window, frame, broken);
      session.send();
      const std::vector<uint32_t> expected =
          whole ? std::vector<uint32_t>{first, first + 1} : std::vector<uint32_t>{first + 1};
      dropped += whole ? 0 : 1;
      EXPECT_EQ(session.finish(), expected);
      EXPECT_EQ(session.capture.counters(), format_lost(session, dropped));
      EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FORMAT_ERR | VCAP_INTR_FRAME_DONE);
    }
    session.close();
  }
}

// The time is of the frame's first beat at the pins, however late its window comes.
TEST(Crop, StartTimeIsOfTheFirstBeatAtThePins) {
  Chip chip;
  Session session(chip, {.width = 6, .height = 2, .input_width = 40, .input_height = 30, .left = 20, .top = 25});
  session.post(3);
  session.capture.start(false);
  for (uint32_t i = 0; i < 3; ++i) {
    session.send();
    ASSERT_EQ(session.finish(), std::vector<uint32_t>{i});
    EXPECT_GE(session.capture.record(i).StartTime, chip.starts_taken.at(i) + 2);
    EXPECT_LE(session.capture.record(i).StartTime, chip.starts_taken.at(i) + 4);
  }
  session.close();
}

// The window's end ends the frame: neither its record nor IDLE waits for the rest, and what it then does is no matter.
TEST(Crop, NothingWaitsForTheRestOfTheVideo) {
  Chip chip;
  const CaptureSetup setup{.width = 8, .height = 2, .input_width = 16, .input_height = 6, .left = 4, .top = 1};
  Session session(chip, setup);
  session.post(2);
  session.capture.start(false);
  const Frame frame = session.capture.new_frame();
  Lines head = session.capture.video_of(frame.lines()), rest(head.begin() + 4, head.end());
  head.resize(4);
  session.send_as(frame, head);
  ASSERT_TRUE(session.capture.wait_head(1));
  EXPECT_EQ(session.collect(), std::vector<uint32_t>{0});
  session.capture.stop();
  take_interrupts(chip);
  // Off: the rest comes, cut off.
  rest.pop_back();
  chip.video.send(rest, false);
  ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
  session.capture.start(false);
  session.send();
  EXPECT_EQ(session.finish(), std::vector<uint32_t>{1});
  EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE);
  EXPECT_EQ(session.capture.counters(), (Counters{.frames = 2, .started = 2}));
  session.close();
}

// Random sizes, windows, gaps, pieces, stalls and breaks.
TEST(Crop, RandomWindowsDeliverExactlyTheFramesWholeInTheWindow) {
  for (uint32_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Chip chip({.pixel_period_ps = seed % 3 == 0 ? 3636ull : 13468ull, .seed = seed});
    chip.memory.timing = random_timing(random);
    chip.video.gap_percent = random.between(0, 50);
    CaptureSetup setup{.ring_log2 = 12, .completion_log2 = 3};
    setup.width = 2 * random.between(1, 20);
    setup.height = random.between(1, 9);
    setup.stride = 2 * setup.width + random.between(0, 9);
    setup.left = 2 * random.between(0, 6);
    setup.top = random.between(0, 5);
    setup.input_width = setup.left + setup.width + 2 * random.between(0, 6);
    setup.input_height = setup.top + setup.height + random.between(0, 5);
    SCOPED_TRACE(name(setup));
    Session session(chip, setup, seed);
    session.capture.start(true);
    uint32_t dropped = 0;
    for (uint32_t round = 0; round < 10; ++round) {
      session.post(8, 1, random.between(4, 200));
      std::vector<uint32_t> expected;
      while (expected.size() < 8) {
        if (random.chance(50)) {
          expected.push_back(session.sent());
          session.send();
          continue;
        }
        const Frame frame = session.capture.new_frame();
        const Break broken = random_break(random, session.capture.video_of(frame.lines()));
        if (send_for(session, setup, frame, broken)) {
          expected.push_back(session.sent() - 1);
        } else {
          ++dropped;
        }
      }
      EXPECT_EQ(session.finish(), expected);
    }
    EXPECT_EQ(session.capture.counters(), format_lost(session, dropped));
    session.close();
  }
}

}  // namespace
}  // namespace p2p::rtltest
