// First light: frames go in at the pins and come out at the application, byte for byte, through every layer.
#include "tests/ks/stack.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace p2p {
namespace {

struct Outcome {
  proxy::CaptureResult open, connect, run, stop, close, counts;
  std::uint64_t delivered = 0, dropped = 0, captured = 0, mismatched = 0;
};

Outcome capture(Stack& stack, sim::FrameSize size, unsigned frames, unsigned buffers, std::uint64_t hold_ns) {
  Outcome outcome;
  const auto source = sim::open_video_source({"pattern:bars", size, frames, 1});
  stack.machine.player().set_source(source.get());
  std::size_t next = 0;
  stack.run([&] {
    proxy::CaptureSession session;
    outcome.open = session.open();
    if (!outcome.open.ok()) return;
    outcome.connect = session.connect({size.width, size.height, 333333});
    if (!outcome.connect.ok()) return;
    outcome.run = session.run(buffers, hold_ns, [&](const proxy::DeliveredSample& sample) {
      // Delivered frames are a subsequence of those sent.
      while (next < stack.sent.frames.size() &&
             (stack.sent.frames[next].size() != sample.bytes ||
              std::memcmp(stack.sent.frames[next].data(), sample.data, sample.bytes) != 0)) {
        ++next;
      }
      if (next == stack.sent.frames.size()) ++outcome.mismatched;
      ++next;
      ++outcome.delivered;
    });
    if (!outcome.run.ok()) return;
    stack.machine.player().start();
    session.wait_for(frames, 10'000'000);
    outcome.counts = session.dropped_frames(&outcome.dropped, &outcome.captured);
    outcome.stop = session.stop();
    outcome.close = session.close();
  });
  return outcome;
}

TEST(FirstLight, ThirtyFramesArriveWhole) {
  Stack stack;
  const Outcome outcome = capture(stack, {320, 240}, 30, 8, 0);
  EXPECT_EQ(stack.load_status, 0);
  EXPECT_EQ(stack.start_status, 0);
  for (const auto* step :
       {&outcome.open, &outcome.connect, &outcome.run, &outcome.counts, &outcome.stop, &outcome.close}) {
    EXPECT_TRUE(step->ok()) << step->message;
  }
  EXPECT_EQ(stack.kernel.bugcheck(), nullptr) << stack.machine.stop_reason();
  EXPECT_EQ(outcome.delivered, 30u);
  EXPECT_EQ(outcome.mismatched, 0u);
  EXPECT_EQ(outcome.dropped, 0u);
  EXPECT_EQ(stack.remove_status, 0);
  EXPECT_EQ(stack.kernel.counters().irps_outstanding, 0u);
  EXPECT_EQ(stack.machine.dma_fault_count(), 0u);
  EXPECT_EQ(stack.kernel.counters().pool_bytes_outstanding, 0u);
  if (HasFailure()) {
    for (const std::string& line : stack.log.lines) std::printf("%s\n", line.c_str());
  }
}

TEST(FirstLight, AnApplicationFindsTheChipAndTakesPictures) {
  constexpr sim::FrameSize kSize{64, 48};
  Stack stack;
  const auto source = sim::open_video_source({"pattern:noise", kSize, {}, 1});
  stack.machine.player().set_source(source.get());
  std::vector<proxy::Picture> pictures;
  stack.run([&] {
    EXPECT_EQ(proxy::enumerate_capture_filters().size(), 1u);
    proxy::CaptureSession session;
    EXPECT_TRUE(session.open().ok());
    std::vector<proxy::FormatRange> ranges;
    EXPECT_TRUE(session.formats(&ranges).ok());
    ASSERT_EQ(ranges.size(), 1u);
    EXPECT_EQ(ranges[0].description, "vids/YUY2");
    EXPECT_LE(ranges[0].least_width, kSize.width);
    EXPECT_TRUE(session.connect({kSize.width, kSize.height, 333333}).ok());
    stack.machine.player().start();
    const proxy::CaptureResult taken = session.capture(3, 2, 10'000'000, &pictures);
    EXPECT_TRUE(taken.ok()) << taken.message;
    pictures.emplace_back();
    const proxy::CaptureResult still = session.still(10'000'000, &pictures.back());
    EXPECT_TRUE(still.ok()) << still.message;
    stack.machine.player().stop();
    EXPECT_TRUE(session.close().ok());
  });
  EXPECT_EQ(stack.kernel.bugcheck(), nullptr) << stack.machine.stop_reason();
  ASSERT_EQ(pictures.size(), 4u);
  auto at = stack.sent.frames.begin();
  for (const proxy::Picture& picture : pictures) {
    at = std::find(at, stack.sent.frames.end(), picture.yuy2);
    ASSERT_NE(at, stack.sent.frames.end()) << "a picture is none that was sent, or was sent before an earlier one";
    EXPECT_EQ(picture.width, kSize.width);
    ++at;
  }
}

}  // namespace
}  // namespace p2p
