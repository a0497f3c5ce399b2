// Whole frames: every byte where the descriptors say, nothing anywhere else, whatever the size, split, alignment, gap
// and however the memory stalls. Line gaps are never written.
#include <gtest/gtest.h>

#include "tests/rtl/capture.h"

namespace p2p::rtltest {
namespace {

struct Split {
  uint32_t shortest, longest, surplus;
};

MemoryTiming slow_memory(uint32_t seed) {
  Random random(seed);
  return {random.between(0, 60), random.between(0, 60), random.between(0, 60), random.between(0, 60), 1,
          random.between(1, 60)};
}

// Captures `count` frames in rounds of as many as the completion ring takes.
void capture_frames(Chip& chip, const CaptureSetup& setup, const Split* split, uint32_t count, uint32_t seed) {
  Capture capture(chip, setup, seed);
  chip.video.gap_percent = seed % 3 * 20;
  capture.start(true);
  const uint32_t per_round = 1u << setup.completion_log2;
  for (uint32_t done = 0; done < count;) {
    std::vector<Buffer> buffers;
    std::vector<Frame> frames;
    for (uint32_t i = 0; i < per_round && done + i < count; ++i) {
      buffers.push_back(split != nullptr ? capture.scattered(split->shortest, split->longest, split->surplus)
                                         : capture.whole((done + i) % kBeatBytes));
      frames.push_back(capture.new_frame());
      capture.post(buffers.back());
    }
    capture.doorbell();
    for (const Frame& frame : frames) chip.video.send(frame);
    const uint32_t first = done;
    done += static_cast<uint32_t>(frames.size());
    ASSERT_TRUE(capture.wait_head(done));
    for (uint32_t i = 0; i < frames.size(); ++i) {
      capture.expect_frame(first + i, buffers[i], frames[i], first + i, false);
    }
    capture.release_completions(done);
    EXPECT_EQ(chip.read(VCAP_RING_HEAD), capture.tail());
  }
  EXPECT_EQ(capture.counters(), (Counters{.frames = count, .started = count}));
  capture.stop();
  capture.check_memory();
  expect_clean_bus(chip);
}

struct Size {
  uint32_t width, height;
};
// 2x1 is half a word; 2x3, 6x3 and 10x7 have an odd number of beats.
const Size kSizes[] = {{2, 1}, {2, 2}, {2, 3}, {4, 1}, {6, 3}, {10, 7}, {64, 16}, {130, 9}, {642, 5}};

TEST(Frames, EverySizeInOnePieceAtEveryAlignment) {
  for (const Size& size : kSizes) {
    SCOPED_TRACE(testing::Message() << size.width << "x" << size.height);
    Chip chip({.seed = size.width});
    capture_frames(chip, {.width = size.width, .height = size.height, .completion_log2 = 2}, nullptr, 9, size.width);
  }
}

TEST(Frames, EverySizeInRandomPiecesWithRandomStalls) {
  for (const Size& size : kSizes) {
    for (const Split& split : {Split{1, 9, 0}, Split{1, 70, 30}, Split{1, 5000, 5000}}) {
      SCOPED_TRACE(testing::Message() << size.width << "x" << size.height << " pieces to " << split.longest);
      const uint32_t seed = size.width * 31 + size.height + split.longest;
      Chip chip({.seed = seed});
      chip.memory.timing = slow_memory(seed);
      capture_frames(chip, {.width = size.width, .height = size.height, .ring_log2 = 13, .completion_log2 = 1}, &split,
                     5, seed);
    }
  }
}

TEST(Frames, GapsBetweenLinesAreNotWritten) {
  for (const uint32_t gap : {1u, 2u, 3u, 4u, 7u, 8u, 13u, 64u, 4097u, 9000u}) {
    for (const Split& split : {Split{1, 30, 11}, Split{1, 5000, 1}, Split{40000, 90000, 0}}) {
      SCOPED_TRACE(testing::Message() << "gap " << gap << " pieces to " << split.longest);
      const CaptureSetup setup{.width = 22, .height = 5, .stride = 44 + gap, .ring_log2 = 13, .completion_log2 = 1};
      Chip chip({.seed = gap});
      chip.memory.timing = slow_memory(gap + split.longest);
      capture_frames(chip, setup, &split, 3, gap);
    }
  }
}

TEST(Frames, AnyRatioOfClocks) {
  // Pixel clock from a fifth of the bus clock to 2.6 times it, and the same frequency.
  for (const uint64_t period : {40002ull, 23456ull, 8000ull, 7998ull, 3636ull, 3030ull}) {
    SCOPED_TRACE(period);
    const Split split{1, 300, 0};
    Chip chip({.pixel_period_ps = period, .seed = 5});
    chip.memory.timing = slow_memory(static_cast<uint32_t>(period));
    capture_frames(chip, {.width = 70, .height = 11, .ring_log2 = 8, .completion_log2 = 2}, &split, 9, 2);
  }
}

TEST(Frames, RingsWrapManyTimes) {
  const Split split{8, 40, 0};
  Chip chip({.seed = 9});
  // 36 bytes: up to five pieces a frame, sixteen descriptors.
  capture_frames(chip, {.width = 6, .height = 3, .ring_log2 = 4, .completion_log2 = 1}, &split, 101, 4);
}

TEST(Frames, DescriptorIndicesPass65536) {
  const Split split{1, 2, 0};
  Chip chip({.seed = 10});
  // 2048 bytes: some 1365 descriptors a frame.
  capture_frames(chip, {.width = 64, .height = 16, .ring_log2 = 12, .completion_log2 = 1}, &split, 50, 5);
}

TEST(Frames, FullSizeFrame) {
  const Split split{4096, 4096, 0};
  Chip chip({.seed = 3});
  capture_frames(chip, {.width = 640, .height = 480, .ring_log2 = 10, .completion_log2 = 1}, &split, 2, 3);
}

}  // namespace
}  // namespace p2p::rtltest
