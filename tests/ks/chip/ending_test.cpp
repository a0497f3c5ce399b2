// Ways a stream ends while the chip is writing, through the real stack: every request completes once, and no byte of a
// completed buffer changes afterwards.
#include "tests/ks/stack.h"

#include <algorithm>

#include "tests/ks/chip/raw_capture.h"

namespace p2p {
namespace {

using test::RawCapture;
using test::Request;

constexpr sim::FrameSize kSize{320, 240};

class ChipEnding : public ::testing::Test {
 protected:
  ChipEnding() : source(sim::open_video_source({"pattern:bars", kSize, 1000, 1})) {
    stack.machine.player().set_source(source.get());
  }
  static void sleep_us(std::int64_t microseconds) {
    const std::int64_t interval = -10 * microseconds;
    nt::delay_execution(false, &interval);
  }
  /// Until a frame has begun at the chip's input and is about half there.
  void into_the_middle_of_a_frame() {
    const std::uint64_t before = stack.machine.dma_counters().write_bytes;
    while (stack.machine.dma_counters().write_bytes < before + kSize.width * kSize.height) sleep_us(20);
  }
  void run(const std::function<void()>& client) {
    stack.run(client);
    EXPECT_EQ(stack.kernel.bugcheck(), nullptr) << stack.machine.stop_reason();
    EXPECT_EQ(stack.machine.stop_reason(), "done");
    EXPECT_EQ(stack.kernel.counters().irps_outstanding, 0u);
    EXPECT_EQ(stack.kernel.counters().pool_bytes_outstanding, 0u);
  }
  /// The card leaves its slot: nobody answers at its addresses, it drives no line and reaches no memory.
  void unplug() {
    constexpr unsigned kCommand = 4;
    constexpr std::uint32_t kInterruptDisable = 1u << 10;
    stack.machine.config_write(0, kCommand, 2, kInterruptDisable);
  }
  /// Video goes on for some frames; none of it reaches a buffer.
  void expect_untouched(const RawCapture& capture) {
    const auto before = capture.pictures();
    const std::size_t sent = stack.sent.frames.size();
    while (stack.sent.frames.size() < sent + 3) sleep_us(100);
    EXPECT_TRUE(capture.pictures() == before) << "a buffer changed after its request had completed";
  }
  /// The delivered pictures are frames that were sent, whole.
  void expect_whole(const RawCapture& capture) {
    for (const auto& request : capture.requests) {
      if (request->iosb.status != STATUS_SUCCESS) continue;
      const bool found = std::any_of(stack.sent.frames.begin(), stack.sent.frames.end(), [&](const auto& frame) {
        return frame.size() == request->header()->DataUsed &&
               std::memcmp(frame.data(), request->frame(), frame.size()) == 0;
      });
      EXPECT_TRUE(found) << "a delivered picture is none that was sent";
    }
  }

  Stack stack;
  std::unique_ptr<sim::VideoSource> source;
};

TEST_F(ChipEnding, R_ST_8_stop_with_dma_in_flight) {
  run([&] {
    RawCapture capture(kSize.width, kSize.height, 4);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_ACQUIRE), STATUS_SUCCESS);
    capture.queue_all();
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_RUN), STATUS_SUCCESS);
    stack.machine.player().start();
    capture.requests[0]->wait();
    into_the_middle_of_a_frame();
    EXPECT_LT(capture.done(), 4u);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(capture.done(), 4u);  // when STOP returns, everything has come back
    const std::size_t delivered = capture.ended_with(STATUS_SUCCESS), cancelled = capture.ended_with(STATUS_CANCELLED);
    EXPECT_GE(delivered, 1u);
    EXPECT_GE(cancelled, 1u);
    EXPECT_EQ(delivered + cancelled, 4u);
    expect_whole(capture);
    expect_untouched(capture);
  });
  EXPECT_EQ(stack.machine.dma_fault_count(), 0u);  // the chip was drained before its pages went
}

TEST_F(ChipEnding, R_ST_8_pause_keeps_requests_with_the_chip_and_run_goes_on) {
  run([&] {
    RawCapture capture(kSize.width, kSize.height, 4);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    capture.queue_all();
    test::set_state(capture.pin, KSSTATE_RUN);
    stack.machine.player().start();
    capture.requests[0]->wait();
    into_the_middle_of_a_frame();
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    sleep_us(2000);
    const std::size_t done = capture.done();
    EXPECT_LT(done, 4u);
    sleep_us(5000);
    EXPECT_EQ(capture.done(), done);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(capture.ended_with(STATUS_SUCCESS), 4u);
    expect_whole(capture);
  });
  EXPECT_EQ(stack.machine.dma_fault_count(), 0u);
}

TEST_F(ChipEnding, R_RST_1_reset_with_dma_in_flight) {
  run([&] {
    RawCapture capture(kSize.width, kSize.height, 4);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    capture.queue_all();
    test::set_state(capture.pin, KSSTATE_RUN);
    stack.machine.player().start();
    capture.requests[0]->wait();
    into_the_middle_of_a_frame();
    EXPECT_EQ(test::reset(capture.pin, KSRESET_BEGIN), STATUS_SUCCESS);
    EXPECT_EQ(capture.done(), 4u);
    expect_untouched(capture);
    EXPECT_EQ(test::reset(capture.pin, KSRESET_END), STATUS_SUCCESS);
    Request request({kSize.width * kSize.height * 2});
    test::read(capture.pin, request);
    EXPECT_EQ(request.wait(), STATUS_SUCCESS);
    expect_whole(capture);
  });
  EXPECT_EQ(stack.machine.dma_fault_count(), 0u);
}

TEST_F(ChipEnding, R_CRE_8_close_with_dma_in_flight) {
  run([&] {
    RawCapture capture(kSize.width, kSize.height, 3);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    capture.queue_all();
    test::set_state(capture.pin, KSSTATE_RUN);
    stack.machine.player().start();
    into_the_middle_of_a_frame();
    capture.close();
    EXPECT_EQ(capture.done(), 3u);
    expect_untouched(capture);
  });
  EXPECT_EQ(stack.machine.dma_fault_count(), 0u);
}

TEST_F(ChipEnding, R_SP_13_cancelling_a_request_the_chip_fills_delivers_or_cancels_it_whole) {
  run([&] {
    RawCapture capture(kSize.width, kSize.height, 4);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    capture.queue_all();
    test::set_state(capture.pin, KSSTATE_RUN);
    stack.machine.player().start();
    into_the_middle_of_a_frame();
    for (auto& request : capture.requests) nt::cancel_io_file(capture.pin, &request->iosb);
    const std::size_t delivered = capture.ended_with(STATUS_SUCCESS), cancelled = capture.ended_with(STATUS_CANCELLED);
    EXPECT_EQ(delivered + cancelled, 4u);
    expect_whole(capture);
    expect_untouched(capture);
    test::set_state(capture.pin, KSSTATE_STOP);
  });
  EXPECT_EQ(stack.machine.dma_fault_count(), 0u);
}

TEST_F(ChipEnding, R_PNP_8_surprise_removal_with_dma_in_flight) {
  run([&] {
    RawCapture capture(kSize.width, kSize.height, 4);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    capture.queue_all();
    test::set_state(capture.pin, KSSTATE_RUN);
    stack.machine.player().start();
    capture.requests[0]->wait();
    into_the_middle_of_a_frame();
    unplug();
    nt::Handle removed = 0;
    nt::create_event(&removed, true, false);
    NTSTATUS status = -1;
    stack.kernel.run_in_system_thread("remove", [&] {
      status = stack.kernel.surprise_remove_device(0);
      nt::set_event(removed);
    });
    nt::wait_for_single_object(removed, false, nullptr);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(capture.ended_with(STATUS_SUCCESS) + capture.ended_with(STATUS_DEVICE_REMOVED) +
                  capture.ended_with(STATUS_CANCELLED),
              4u);
    EXPECT_GE(capture.ended_with(STATUS_DEVICE_REMOVED), 1u);
    expect_whole(capture);
    expect_untouched(capture);
    Request late({kSize.width * kSize.height * 2});
    EXPECT_EQ(test::read(capture.pin, late), STATUS_DEVICE_REMOVED);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_STOP), STATUS_SUCCESS);
    capture.close();
    nt::close(removed);
  });
  EXPECT_EQ(stack.log.count("ks pin.close"), 1u);
}

// Memory takes an address up to 0.8 ms after the last: a chip that is told to stop has writes outstanding for long.
// Given back too early, their pages are gone when they arrive, and the IOMMU stops the machine.
TEST(ChipEndingSlowMemory, R_ST_8_stop_gives_no_buffer_back_before_the_last_write_has_arrived) {
  constexpr unsigned kMostCycles = 100'000;
  sim::MachineConfig config;
  config.timing.aw = {100, kMostCycles};
  Stack stack(config);
  const auto source = sim::open_video_source({"pattern:bars", kSize, 1000, 1});
  stack.machine.player().set_source(source.get());
  const auto sleep_us = [](std::int64_t microseconds) {
    const std::int64_t interval = -10 * microseconds;
    nt::delay_execution(false, &interval);
  };
  stack.run([&] {
    RawCapture capture(kSize.width, kSize.height, 2);
    test::set_state(capture.pin, KSSTATE_PAUSE);
    capture.queue_all();
    test::set_state(capture.pin, KSSTATE_RUN);
    stack.machine.player().start();
    while (stack.machine.dma_counters().write_bursts == 0) sleep_us(20);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_STOP), STATUS_SUCCESS);
    EXPECT_EQ(capture.ended_with(STATUS_CANCELLED), 2u);
    const auto bursts = stack.machine.dma_counters().write_bursts;
    EXPECT_GT(bursts, 1u) << "nothing was outstanding when the stream was stopped";
    sleep_us(2000);
    EXPECT_EQ(stack.machine.dma_counters().write_bursts, bursts) << "written after STOP had returned";
  });
  EXPECT_EQ(stack.kernel.bugcheck(), nullptr) << stack.machine.stop_reason();
  EXPECT_EQ(stack.machine.dma_fault_count(), 0u);
}

}  // namespace
}  // namespace p2p
