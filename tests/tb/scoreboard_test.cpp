// The scoreboard's verdicts, each provoked.
#include "tb/scoreboard.h"

#include <gtest/gtest.h>

namespace p2p::tb {
namespace {

std::vector<std::uint8_t> pixels(unsigned frame) {
  return std::vector<std::uint8_t>(16, static_cast<std::uint8_t>(frame));
}

/// Frame n starts at n * 10 us.
struct Board {
  Scoreboard board;
  explicit Board(std::uint64_t limit = 0) : board({8000, 0, limit}) {
    for (unsigned i = 0; i < 4; ++i) {
      board.frame_started(i, pixels(i), i * 1250 + 1250, i * 10000u + 10000u);
      board.frame_ended(i * 10000u + 15000u);
    }
  }
  void deliver(unsigned frame, unsigned content, std::uint64_t ns = 60000) {
    board.delivered(pixels(content), true, (frame * 10000 + 10000) / 100, 7000 + frame, ns);
  }
  std::string rule() const {
    return board.violations.list().size() == 1 ? board.violations.list()[0].rule
                                               : std::to_string(board.violations.list().size());
  }
};

TEST(Scoreboard, FramesInOrderWithEqualBytesPass) {
  Board b;
  for (unsigned i = 0; i < 4; ++i) b.deliver(i, i);
  b.board.finish(0, true, 9000);
  EXPECT_TRUE(b.board.violations.list().empty());
  EXPECT_EQ(b.board.delivered_count(), 4u);
}

TEST(Scoreboard, ADroppedFrameThatTheDeviceCountedPasses) {
  Board b;
  for (unsigned i : {0u, 2u, 3u}) b.deliver(i, i);
  b.board.finish(1, true, 9000);
  EXPECT_TRUE(b.board.violations.list().empty());
}

TEST(Scoreboard, WrongBytesNameFrameAndByte) {
  Board b;
  b.deliver(1, 2);
  EXPECT_EQ(b.rule(), "FRAME_BYTES");
  EXPECT_EQ(b.board.violations.list()[0].cycle, 7001u);
  EXPECT_EQ(b.board.mismatched(), 1u);
}

TEST(Scoreboard, ATornFrameIsAMismatch) {
  Board b;
  b.board.delivered(std::vector<std::uint8_t>(12, 0), true, 100, 7000, 60000);
  EXPECT_EQ(b.rule(), "FRAME_BYTES");
}

TEST(Scoreboard, ARepeatedFrameFires) {
  Board b;
  b.deliver(1, 1);
  b.deliver(1, 1);
  EXPECT_EQ(b.rule(), "FRAME_ORDER");
}

TEST(Scoreboard, AReorderedFrameFires) {
  Board b;
  b.deliver(2, 2);
  b.deliver(1, 1);
  EXPECT_EQ(b.rule(), "FRAME_ORDER");
}

TEST(Scoreboard, AStartTimeOfNoFrameFires) {
  Board b;
  b.board.delivered(pixels(0), true, 155, 7000, 60000);
  EXPECT_EQ(b.rule(), "FRAME_TIME");
}

TEST(Scoreboard, AMissingFrameTheDeviceDidNotCountFires) {
  Board b;
  for (unsigned i : {0u, 2u, 3u}) b.deliver(i, i);
  b.board.finish(0, true, 9000);
  EXPECT_EQ(b.rule(), "FRAME_ACCOUNTED");
}

TEST(Scoreboard, AnIrpThatCompletesTwiceFires) {
  Board b;
  b.board.on_event(1, "ntos", "irp.done", {{"irp", 5u}});
  b.board.on_event(2, "ntos", "irp.done", {{"irp", 5u}});
  EXPECT_EQ(b.rule(), "IRP_ONCE");
}

TEST(Scoreboard, ALateFrameBreaksTheLatencyContract) {
  Board b(1000);
  b.deliver(0, 0, 15900);
  EXPECT_TRUE(b.board.violations.list().empty());
  b.deliver(1, 1, 26001);
  EXPECT_EQ(b.rule(), "FRAME_LATENCY");
}

/// Events by hand: `event` of `layer` at `ns`.
void happens(Board& b, std::uint64_t ns, std::string_view layer, std::string_view event,
             std::initializer_list<TraceField> fields) {
  b.board.on_event(ns, layer, event, fields);
}

void frame_0_recorded(Board& b, std::uint64_t cycle) {
  FrameWrite write{};
  write.timestamp = 1250;
  write.record_response = cycle;
  b.board.written(write);
}

/// One DPC is at work on a processor when the next interrupt comes to another.
TEST(Scoreboard, AFrameHasItsOwnInterruptIsrAndDpc) {
  Board b;
  frame_0_recorded(b, 1912);
  happens(b, 15'400, "sim", "irq.line", {{"line", 16}, {"level", 1}});
  happens(b, 16'000, "ntos", "isr.enter", {{"cpu", 1}});
  happens(b, 16'100, "sim", "irq.line", {{"line", 16}, {"level", 0}});
  happens(b, 17'000, "ntos", "dpc.enter", {{"cpu", 1}});
  happens(b, 25'400, "sim", "irq.line", {{"line", 16}, {"level", 1}});
  happens(b, 26'000, "ntos", "isr.enter", {{"cpu", 0}});
  happens(b, 27'000, "ntos", "dpc.enter", {{"cpu", 0}});
  happens(b, 28'000, "ks", "frame.complete", {{"irp", 24}, {"bytes", 16}, {"cpu", 1}});
  happens(b, 29'000, "ntos", "irp.done", {{"irp", 24}});
  b.deliver(0, 0);
  const FrameJourney& journey = b.board.journeys()[0];
  EXPECT_EQ(journey.irq_ns, 15'400u);
  EXPECT_EQ(journey.isr_ns, 16'000u);
  EXPECT_EQ(journey.dpc_ns, 17'000u);
  EXPECT_EQ(journey.complete_ns, 28'000u);
  EXPECT_EQ(journey.irp_ns, 29'000u);
}

TEST(Scoreboard, ADpcThatRanAlreadyIsNotTheFrames) {
  Board b;
  happens(b, 15'000, "sim", "irq.message", {{"vector", 0}});
  happens(b, 15'100, "ntos", "isr.enter", {{"cpu", 0}});
  happens(b, 15'200, "ntos", "dpc.enter", {{"cpu", 0}});
  frame_0_recorded(b, 1912);  // 15,296 ns
  happens(b, 15'300, "ks", "frame.complete", {{"irp", 24}, {"bytes", 16}, {"cpu", 0}});
  happens(b, 15'400, "ntos", "irp.done", {{"irp", 24}});
  b.deliver(0, 0);
  const FrameJourney& journey = b.board.journeys()[0];
  EXPECT_EQ(journey.irq_ns + journey.isr_ns + journey.dpc_ns, 0u);
  for (const HopLatency& hop : b.board.latencies()) {
    const bool through_it = hop.hop == "pin_to_irq" || hop.hop == "irq_to_isr" || hop.hop == "isr_to_dpc" ||
                            hop.hop == "dpc_to_frame_complete";
    if (through_it) {
      EXPECT_EQ(hop.samples, 0u) << hop.hop;
    }
  }
}

/// p99 of few is the longest: 99 in a hundred do not exceed it.
TEST(Scoreboard, PercentilesAreValuesThatSoManyDoNotExceed) {
  Board b;
  for (unsigned i = 0; i < 4; ++i) b.deliver(i, i, i * 10'000 + 15'000 + (i + 1) * 1000);
  const HopLatency latency = b.board.latencies().back();
  EXPECT_EQ(latency.hop, "pin_to_deliver");
  EXPECT_EQ(latency.samples, 4u);
  EXPECT_EQ(latency.p50, 2000u);
  EXPECT_EQ(latency.p99, 4000u);
  EXPECT_EQ(latency.max, 4000u);
}

}  // namespace
}  // namespace p2p::tb
