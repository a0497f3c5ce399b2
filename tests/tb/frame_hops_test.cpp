// The scoreboard's clockwork: records, tolerance, the hops of a frame and their ranking.
#include "tb/scoreboard.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace p2p::tb {
namespace {

constexpr std::uint64_t kPeriodNs = 8, kReset = 16;

/// Frames of 16 bytes that start 1000 bus cycles apart, the first at cycle 1000.
class FrameHops : public ::testing::Test {
 protected:
  static std::vector<std::uint8_t> pixels(std::uint64_t frame) {
    return std::vector<std::uint8_t>(16, static_cast<std::uint8_t>(frame + 1));
  }
  static std::uint64_t start_cycle(std::uint64_t frame) { return 1000 * (frame + 1); }
  void send(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      board.frame_started(i, pixels(i), start_cycle(i), start_cycle(i) * kPeriodNs);
      board.frame_ended(start_cycle(i) * kPeriodNs + 800);
    }
  }
  /// As the driver stamps it: cycles since reset, three late, in units of 100 ns.
  static std::int64_t stamp(std::uint64_t frame) {
    return static_cast<std::int64_t>((start_cycle(frame) - kReset + 3) * kPeriodNs / 100);
  }
  static FrameWrite write(std::uint64_t frame) {
    FrameWrite w;
    w.sequence = static_cast<std::uint32_t>(frame);
    w.timestamp = start_cycle(frame) - kReset + 3;
    w.first_beat = start_cycle(frame) + 20;
    w.last_beat = start_cycle(frame) + 110;
    w.last_response = start_cycle(frame) + 115;
    w.record_response = start_cycle(frame) + 130;
    return w;
  }
  Scoreboard board{{8000, kReset, 0}};
};

TEST_F(FrameHops, ARecordOfNoFrameAndASecondRecordAreViolations) {
  send(2);
  FrameWrite early = write(0);
  early.timestamp -= 10;
  board.written(early);
  board.written(write(1));
  board.written(write(1));
  ASSERT_EQ(board.violations.list().size(), 2u);
  EXPECT_EQ(board.violations.list()[0].rule, "FRAME_RECORD");
  EXPECT_EQ(board.violations.list()[0].cycle, start_cycle(0) + 130);
  EXPECT_EQ(board.violations.list()[1].rule, "FRAME_RECORD");
  EXPECT_EQ(board.rules[Scoreboard::kRecord].exercised, 3u);
}

// The frame starts at 7872 ns of the chip's clock; allowed are 48 ns and a rounding of 100 ns, both ways.
TEST_F(FrameHops, TimesMatchWithinTheToleranceOnly) {
  const std::vector<std::pair<std::int64_t, bool>> times{{77, false}, {78, true}, {80, true}, {81, false}};
  for (const auto& [time, fits] : times) {
    Scoreboard other{{8000, kReset, 0}};
    other.frame_started(0, pixels(0), start_cycle(0), 8000);
    other.delivered(pixels(0), true, time, 60000, 9000);
    EXPECT_EQ(other.delivered_count(), fits ? 1u : 0u) << time;
    EXPECT_EQ(other.rules[Scoreboard::kTime].violated, fits ? 0u : 1u) << time;
  }
}

TEST_F(FrameHops, ASampleWithoutATimeIsAViolation) {
  send(1);
  board.delivered(pixels(0), false, 0, 60000, 1);
  ASSERT_EQ(board.violations.list().size(), 1u);
  EXPECT_EQ(board.violations.list()[0].rule, "FRAME_TIME");
}

TEST_F(FrameHops, FramesAreAccountedForByTheCounterAlone) {
  send(2);
  board.delivered(pixels(0), true, stamp(0), 60000, 9000);
  Scoreboard unknown = board, too_many = board, exact = board;
  exact.finish(1, true, 777);
  EXPECT_TRUE(exact.violations.list().empty());
  for (auto* wrong : {&unknown, &too_many}) {
    wrong->finish(2, wrong != &unknown, 777);
    ASSERT_EQ(wrong->violations.list().size(), 1u);
    EXPECT_EQ(wrong->violations.list()[0].rule, "FRAME_ACCOUNTED");
    EXPECT_EQ(wrong->violations.list()[0].cycle, 777u);
  }
}

TEST_F(FrameHops, FollowsAFrameThroughEveryHop) {
  send(1);
  board.written(write(0));
  board.on_event(9100, "sim", "irq.line", {{"line", 16u}, {"level", 1u}});
  board.on_event(9200, "ntos", "isr.enter", {});
  board.on_event(9250, "sim", "irq.line", {{"line", 16u}, {"level", 0u}});
  board.on_event(9300, "ntos", "dpc.enter", {});
  board.on_event(9400, "ks", "frame.complete", {{"irp", 14u}, {"bytes", 16u}});
  board.on_event(9500, "ntos", "irp.done", {{"irp", 14u}});
  board.delivered(pixels(0), true, stamp(0), 60000, 13800);
  EXPECT_EQ(board.journeys().at(0).irp, 14u);
  std::vector<std::uint64_t> most;
  for (const HopLatency& hop : board.latencies()) {
    EXPECT_EQ(hop.samples, 1u) << hop.hop;
    most.push_back(hop.max);
  }
  EXPECT_EQ(most, (std::vector<std::uint64_t>{160, 80, 40, 120, 300, 100, 100, 100, 100, 4300, 5000}));
  EXPECT_TRUE(board.violations.list().empty());
}

TEST_F(FrameHops, LatencyIsRankedByFrame) {
  send(100);
  for (std::uint64_t i = 0; i < 100; ++i) {
    board.delivered(pixels(i), true, stamp(i), 1, start_cycle(i) * kPeriodNs + 800 + i + 1);
  }
  const HopLatency whole = board.latencies().back();
  EXPECT_EQ(whole.hop, "pin_to_deliver");
  EXPECT_EQ(whole.p50, 50u);
  EXPECT_EQ(whole.p99, 99u);
  EXPECT_EQ(whole.max, 100u);
}

}  // namespace
}  // namespace p2p::tb
