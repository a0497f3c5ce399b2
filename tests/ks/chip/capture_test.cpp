// First light: frames go in at the pins and come out at the application, byte for byte, through every layer.
#include "tests/ks/stack.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace p2p
