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

}  // namespace
}  // namespace p2p::tb
