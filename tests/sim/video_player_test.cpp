#include <gtest/gtest.h>

#include <vector>

#include "sim/video_player.h"

namespace p2p::sim {
namespace {

constexpr std::uint64_t kPixelPeriodPs = 10000;

struct Ports {
  std::uint32_t s_axis_video_tdata = 0;
  std::uint8_t s_axis_video_tvalid = 0, s_axis_video_tuser = 0, s_axis_video_tlast = 0;
};

struct Beat {
  std::uint64_t cycle;
  std::uint32_t data;
  bool user, last;
};

class Listener final : public FrameListener {
 public:
  void frame_started(std::uint64_t frame, std::span<const std::uint8_t> bytes, std::uint64_t cycle) override {
    started.push_back({frame, cycle});
    frames.emplace_back(bytes.begin(), bytes.end());
  }
  void frame_ended(std::uint64_t frame, bool frame_intact, std::uint64_t cycle) override {
    ended.push_back({frame, cycle});
    intact.push_back(frame_intact);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> started, ended;
  std::vector<std::vector<std::uint8_t>> frames;
  std::vector<bool> intact;
};

class PlayerTest : public ::testing::Test {
 protected:
  void play(VideoPlayer& player, unsigned cycles, unsigned stall_every = 0) {
    for (unsigned i = 0; i < cycles; ++i, ++cycle) {
      VideoPins<Value> pins{1,
                            ports.s_axis_video_tdata,
                            ports.s_axis_video_tvalid,
                            static_cast<std::uint8_t>(stall_every == 0 || i % stall_every != 0),
                            ports.s_axis_video_tuser,
                            ports.s_axis_video_tlast};
      if (pins.tvalid && pins.tready) beats.push_back({cycle, pins.tdata, pins.tuser != 0, pins.tlast != 0});
      player.sample(cycle, pins);
      player.drive(ports);
      if (attention.raised) {
        attention.raised = false;
        player.deliver_finished();
      }
    }
  }
  std::unique_ptr<VideoSource> ramp(unsigned width, unsigned height, std::uint64_t frames) {
    return open_video_source({"pattern:ramp", FrameSize{width, height}, frames, 1});
  }
  /// Lengths of the lines of each frame, as the pins show them; a frame's open end counts as a line.
  std::vector<std::vector<unsigned>> lines() const {
    std::vector<std::vector<unsigned>> all;
    bool fresh = true;
    for (const Beat& beat : beats) {
      if (beat.user) all.emplace_back(), fresh = true;
      if (fresh) all.back().push_back(0);
      ++all.back().back();
      fresh = beat.last;
    }
    return all;
  }

  Attention attention;
  Ports ports;
  Listener listener;
  std::vector<Beat> beats;
  std::uint64_t cycle = 0;
};

TEST_F(PlayerTest, SendsEveryByteOnceWithItsMarksAndBlanking) {
  VideoPlayer player({.hblank_clocks = 5, .vblank_lines = 3}, kPixelPeriodPs, attention);
  auto source = ramp(8, 4, 3);
  player.set_source(source.get());
  player.set_listener(&listener);
  EXPECT_EQ(player.clocks_per_frame(), (4u + 5u) * (4u + 3u));
  play(player, 10);
  EXPECT_TRUE(beats.empty()) << "nothing before start()";
  player.start();
  play(player, 400);
  ASSERT_EQ(beats.size(), 3u * 16u);
  EXPECT_TRUE(player.finished());
  EXPECT_FALSE(player.running());
  EXPECT_EQ(player.frames_sent(), 3u);
  auto again = ramp(8, 4, 3);
  std::vector<std::uint8_t> frame(64);
  for (unsigned f = 0; f < 3; ++f) {
    ASSERT_TRUE(again->next(frame));
    EXPECT_EQ(listener.frames[f], frame);
    for (unsigned b = 0; b < 16; ++b) {
      const Beat& beat = beats[f * 16 + b];
      const std::uint32_t expected = frame[b * 4] | frame[b * 4 + 1] << 8 | frame[b * 4 + 2] << 16 |
                                     static_cast<std::uint32_t>(frame[b * 4 + 3]) << 24;
      EXPECT_EQ(beat.data, expected);
      EXPECT_EQ(beat.user, b == 0);
      EXPECT_EQ(beat.last, b % 4 == 3);
      EXPECT_EQ(beat.cycle, beats[0].cycle + f * player.clocks_per_frame() + b / 4 * 9 + b % 4);
    }
    EXPECT_EQ(listener.started[f], (std::pair<std::uint64_t, std::uint64_t>{f, beats[f * 16].cycle}));
    EXPECT_EQ(listener.ended[f], (std::pair<std::uint64_t, std::uint64_t>{f, beats[f * 16 + 15].cycle}));
    EXPECT_TRUE(listener.intact[f]);
  }
}

TEST_F(PlayerTest, HoldsABeatThatIsNotTaken) {
  VideoPlayer player({.hblank_clocks = 0, .vblank_lines = 0}, kPixelPeriodPs, attention);
  auto source = ramp(8, 4, 2);
  player.set_source(source.get());
  player.start();
  play(player, 400, 3);
  ASSERT_EQ(beats.size(), 32u);
  EXPECT_EQ(lines(), (std::vector<std::vector<unsigned>>(2, {4, 4, 4, 4})));
}

TEST_F(PlayerTest, FaultsDeformOnlyTheirFrame) {
  VideoPlayer player({.hblank_clocks = 2, .vblank_lines = 1}, kPixelPeriodPs, attention);
  auto source = ramp(8, 4, 7);
  player.set_source(source.get());
  player.set_listener(&listener);
  player.add_fault({0, StreamFault::Kind::kLongLine, 1, 2});
  player.add_fault({1, StreamFault::Kind::kShortLine, 3, 1});
  player.add_fault({2, StreamFault::Kind::kCutFrame, 2, 3});
  player.add_fault({3, StreamFault::Kind::kExtraLines, 0, 2});
  player.add_fault({4, StreamFault::Kind::kMissingLines, 0, 3});
  player.add_fault({5, StreamFault::Kind::kCutFrame, 1, 4});
  player.start();
  play(player, 600);
  EXPECT_EQ(lines(), (std::vector<std::vector<unsigned>>{
                         {4, 6, 4, 4}, {4, 4, 4, 3}, {4, 4, 3}, {4, 4, 4, 4, 4, 4}, {4}, {4, 4}, {4, 4, 4, 4}}));
  EXPECT_EQ(listener.intact, (std::vector<bool>{false, false, false, false, false, false, true}));
  unsigned open_ends = 0;
  for (std::size_t i = 0; i + 1 < beats.size(); ++i) open_ends += beats[i + 1].user && !beats[i].last;
  EXPECT_EQ(open_ends, 1u) << "only the frame cut inside a line lacks its end of line";
}

TEST_F(PlayerTest, StopEndsWithTheFrameInFlightAndStartGoesOn) {
  VideoPlayer player({.hblank_clocks = 2, .vblank_lines = 1}, kPixelPeriodPs, attention);
  auto source = ramp(8, 4, 100);
  unsigned finished = 0;
  player.set_source(source.get());
  player.set_finished_callback([&] { ++finished; });
  player.start();
  EXPECT_THROW(player.start(), std::logic_error);
  play(player, 40);
  player.stop();
  play(player, 100);
  EXPECT_EQ(player.frames_sent(), 2u);
  EXPECT_EQ(finished, 1u);
  player.start(3);
  play(player, 300);
  EXPECT_EQ(player.frames_sent(), 5u);
  EXPECT_EQ(finished, 2u);
  EXPECT_EQ(lines().size(), 5u);
}

TEST_F(PlayerTest, FpsStretchesTheBlankingAndRefusesWhatThePixelClockCannotCarry) {
  auto source = ramp(640, 480, 2);
  VideoPlayer player({.hblank_clocks = 64, .vblank_lines = 15, .fps = 60}, 6734, attention);
  player.set_source(source.get());
  EXPECT_EQ(player.clocks_per_frame(), 2475002u);  // 1e12 / (60 * 6734)
  VideoPlayer fast({.hblank_clocks = 64, .vblank_lines = 15, .fps = 1000}, 6734, attention);
  EXPECT_THROW(fast.set_source(source.get()), SourceError);
  VideoPlayer negative({.hblank_clocks = 64, .vblank_lines = 15, .fps = -1}, 6734, attention);
  EXPECT_THROW(negative.set_source(source.get()), SourceError);
  VideoPlayer plain({}, 6734, attention);
  plain.set_source(source.get());
  EXPECT_NEAR(static_cast<double>(plain.clocks_per_frame()), 190000, 1000);
}

TEST_F(PlayerTest, NoSourceIsAnError) {
  VideoPlayer player({}, kPixelPeriodPs, attention);
  EXPECT_THROW(player.start(), std::logic_error);
}

}  // namespace
}  // namespace p2p::sim
