#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "sim/video_source.h"

namespace p2p::sim {
namespace {

std::string error_of(const SourceRequest& request) {
  try {
    open_video_source(request);
  } catch (const SourceError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::vector<std::uint8_t>> frames_of(const SourceRequest& request, unsigned most) {
  const auto source = open_video_source(request);
  std::vector<std::vector<std::uint8_t>> frames;
  std::vector<std::uint8_t> frame(source->size().bytes());
  while (frames.size() < most && source->next(frame)) frames.push_back(frame);
  return frames;
}

TEST(PatternSource, BarsShowEveryFrameNumberInCells) {
  const auto frames = frames_of({"pattern:bars", FrameSize{640, 480}, 40, 1}, 100);
  ASSERT_EQ(frames.size(), 40u);
  for (std::size_t f = 0; f < frames.size(); ++f) {
    unsigned number = 0;
    for (unsigned cell = 0; cell < 16; ++cell) {
      const std::uint8_t luma = frames[f][1280 * 475 + (cell * 40 + 20) * 2];
      ASSERT_TRUE(luma == 16 || luma == 235);
      number = number * 2 + (luma == 235);
    }
    EXPECT_EQ(number, f);
  }
}

TEST(PatternSource, EveryFrameDiffersAtEverySize) {
  for (const char* name : {"pattern:bars", "pattern:ramp", "pattern:noise"}) {
    for (const FrameSize size : {FrameSize{2, 1}, FrameSize{16, 8}, FrameSize{64, 31}, FrameSize{322, 242}}) {
      const auto frames = frames_of({name, size, 100, 1}, 100);
      ASSERT_EQ(frames.size(), 100u);
      for (std::size_t f = 1; f < frames.size(); ++f) {
        EXPECT_NE(frames[f], frames[f - 1]) << name << " " << size.width << "x" << size.height << " frame " << f;
      }
    }
  }
}

TEST(PatternSource, DefaultsAreVgaAndEndless) {
  const auto source = open_video_source({"pattern:bars", {}, {}, 1});
  EXPECT_EQ(source->size(), (FrameSize{640, 480}));
  std::vector<std::uint8_t> frame(source->size().bytes());
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(source->next(frame));
}

TEST(PatternSource, NoiseFollowsItsSeed) {
  const SourceRequest a{"pattern:noise", FrameSize{32, 8}, 3, 5}, b{"pattern:noise", FrameSize{32, 8}, 3, 6};
  EXPECT_EQ(frames_of(a, 3), frames_of(a, 3));
  EXPECT_NE(frames_of(a, 3), frames_of(b, 3));
}

TEST(PatternSource, ErrorsAreOneLineThatNamesWhatWasExpected) {
  EXPECT_EQ(error_of({"pattern:circles", {}, {}, 1}),
            "pattern:circles: no such pattern; pattern:bars, pattern:ramp or pattern:noise expected");
  for (const FrameSize size : {FrameSize{0, 0}, FrameSize{1, 1}, FrameSize{3, 2}, FrameSize{2, 0},
                               FrameSize{100000, 100000}, FrameSize{4098, 2}, FrameSize{2, 4097}}) {
    const std::string error = error_of({"pattern:bars", size, {}, 1});
    EXPECT_EQ(error, "--size: frame size " + std::to_string(size.width) + "x" + std::to_string(size.height) +
                         " cannot be sent; an even width of 2 to 4096 and a height of 1 to 4096 expected");
  }
  EXPECT_EQ(error_of({"pattern:bars", {}, 0, 1}), "--frames: 0 given; at least 1 expected");
}

}  // namespace
}  // namespace p2p::sim
