// The largest frames, strides and formats: what counts pixels, lines and bytes has room for them.
#include <gtest/gtest.h>

#include <utility>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr uint32_t kWidest = 0xFFFE, kHighest = 0xFFFF, kLongestStride = 0x3FFFF;

// One after the other on the same chip, with a small one behind each; measured as they come.
TEST(Sizes, FramesOfTheMostPixelsAndLines) {
  Chip chip({.pixel_period_ps = 5000, .memory_size = size_t{kChannels} << 20});
  chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
  uint32_t before = 0;  // DETECT_SIZE of the frame before
  for (const auto& [width, height] :
       {std::pair{kWidest, 1u}, {4u, 2u}, {2u, kHighest}, {4u, 2u}, {0x5554u, 2u}, {6u, 0x5555u}, {8u, 3u}}) {
    SCOPED_TRACE(testing::Message() << width << "x" << height);
    Session session(chip, {.width = width, .height = height, .nv12 = false});
    session.post(1);
    session.capture.start(true);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
    if (before != 0) {
      EXPECT_EQ(chip.read(VCAP_DETECT_SIZE), before);
    }
    before = width | height << 16;
    session.close();
    session.restart();
  }
}

// Of a frame without gaps the chip does not count lines.
TEST(Sizes, AFrameOfTheMostLinesWithGaps) {
  Chip chip({.pixel_period_ps = 5000, .memory_size = size_t{kChannels} << 20});
  Session session(chip, {.width = 4, .height = kHighest, .stride = 9, .nv12 = false});
  session.post(1);
  session.capture.start(true);
  session.send();
  ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }, 1'000'000));
  EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
  session.close();
}

// Lines as far apart as they may be, woven or not, in pieces that end within the gaps.
TEST(Sizes, LinesOfTheLongestStrides) {
  Chip chip({.memory_size = size_t{kChannels} << 21});
  uint32_t seed = 0;
  for (const uint32_t stride : {kLongestStride, 0x15555u, 0x2AAABu, 9u, kLongestStride - 4}) {
    for (const uint32_t mode : {uint32_t{VCAP_FIELD_MODE_WEAVE}, 0u}) {
      SCOPED_TRACE(testing::Message() << "stride " << stride << ", FIELD_MODE " << mode);
      Session session(
          chip, {.width = 4, .height = 2, .stride = stride, .ring_log2 = 8, .field_mode = mode, .nv12 = false}, ++seed);
      session.post(1, 3 + stride / 8, 9 + stride);
      session.post(1);
      session.capture.start(true);
      session.send();
      session.send();
      EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
      session.close();
      session.restart();
    }
  }
  expect_clean_bus(chip);
}

// Pieces that hold lines and whole gaps between them end where they should.
TEST(Sizes, GapsOfEveryPowerOfTwoWithinPieces) {
  Chip chip({.memory_size = size_t{kChannels} << 21});
  constexpr uint32_t kWidth = 4, kLine = 2 * kWidth;
  for (uint32_t gap = 8; gap <= kLongestStride / 2; gap *= 2) {
    SCOPED_TRACE(testing::Message() << "gaps of " << gap);
    const uint32_t stride = kLine + gap;
    Session session(chip, {.width = kWidth, .height = 6, .stride = stride, .nv12 = false});
    session.post(1, 2 * stride, 2 * stride + kLine);
    session.capture.start(true);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
    session.close();
    session.restart();
  }
  expect_clean_bus(chip);
}

// A frame of almost 2^33 bytes begins, and is cut off by the next.
TEST(Sizes, FormatsOfTheMostBytes) {
  Chip chip({.memory_size = size_t{kChannels} << 16});
  const std::vector<uint32_t> beats(200, 0x12345678);
  for (const uint32_t stride : {2 * kWidest, kLongestStride, 2 * kWidest}) {
    SCOPED_TRACE(testing::Message() << "stride " << stride);
    Capture capture(chip, {.width = kWidest, .height = kHighest, .stride = stride, .nv12 = false});
    const Piece piece = capture.allocate(static_cast<uint32_t>(4 * beats.size()), 0);
    capture.post_descriptor(piece.address, VCAP_DESC_MAX_LENGTH, VCAP_DESC_FIRST | VCAP_DESC_LAST);
    capture.doorbell();
    capture.start(true);
    for (uint32_t i = 0; i < 3; ++i) {
      chip.video.send(Lines{beats});
      chip.video.cut_here();
    }
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.run(300);
    EXPECT_EQ(capture.counters(), (Counters{.dropped = 2, .format = 2, .started = 3}));
    capture.soft_reset();
    capture.expect_remains({.pieces = {piece}});
    capture.check_memory();
  }
  expect_clean_bus(chip);
}

}  // namespace
}  // namespace p2p::rtltest
