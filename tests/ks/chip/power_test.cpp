// Sleep and back with the real chip, which forgets its registers: the driver has to write them again.
#include "tests/ks/stack.h"

#include <algorithm>

#include "tb/observer.h"
#include "tests/ks/chip/raw_capture.h"

namespace p2p {
namespace {

constexpr sim::FrameSize kSize{320, 240};

class ChipPower : public ::testing::Test {
 protected:
  ChipPower() : source(sim::open_video_source({"pattern:bars", kSize, 1000, 1})) {
    stack.machine.player().set_source(source.get());
  }
  static void sleep_us(std::int64_t microseconds) {
    const std::int64_t interval = -10 * microseconds;
    nt::delay_execution(false, &interval);
  }
  /// S3, and S0 `asleep_us` later.
  void sleep_and_wake(std::int64_t asleep_us) {
    bool awake = false;
    stack.kernel.run_in_system_thread("power manager", [this, &awake, asleep_us] {
      sleep_status = stack.kernel.set_system_power(3);
      ring_base_asleep = stack.machine.mmio_read(kRegisters, 4);
      sleep_us(asleep_us);
      wake_status = stack.kernel.set_system_power(0);
      awake = true;
    });
    while (!awake) sleep_us(100);
  }
  /// Two frames, from PAUSE to STOP.
  void expect_a_stream() {
    test::RawCapture capture(kSize.width, kSize.height, 2);
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_PAUSE), STATUS_SUCCESS);
    capture.queue_all();
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_RUN), STATUS_SUCCESS);
    EXPECT_EQ(capture.ended_with(STATUS_SUCCESS), 2u);
    for (const auto& request : capture.requests) {
      EXPECT_TRUE(std::ranges::any_of(stack.sent.frames, [&](const auto& frame) {
        return std::memcmp(frame.data(), request->frame(), frame.size()) == 0;
      })) << "a delivered picture is none that was sent";
    }
    EXPECT_EQ(test::set_state(capture.pin, KSSTATE_STOP), STATUS_SUCCESS);
  }
  void run(const std::function<void()>& client) {
    stack.run(client);
    EXPECT_EQ(stack.kernel.bugcheck(), nullptr) << stack.machine.stop_reason();
    EXPECT_EQ(stack.kernel.counters().irps_outstanding, 0u);
    EXPECT_EQ(stack.machine.dma_fault_count(), 0u);
    stack.observer.each_checker([](const auto&, const auto& violations) {
      for (const auto& violation : violations.list()) ADD_FAILURE() << violation.text;
    });
  }

  static constexpr std::uint64_t kRegisters = 0xE0000000;
  ObservedStack<tb::CheckingObserver> stack;
  std::unique_ptr<sim::VideoSource> source;
  std::int32_t sleep_status = -1, wake_status = -1;
  std::uint64_t ring_base_asleep = 0;
};

// R-PWR-2.
TEST_F(ChipPower, a_stream_before_and_after_sleep) {
  run([&] {
    stack.machine.player().start();
    expect_a_stream();
    sleep_and_wake(1000);
    expect_a_stream();
  });
  EXPECT_EQ(sleep_status, STATUS_SUCCESS);
  EXPECT_EQ(wake_status, STATUS_SUCCESS);
  EXPECT_EQ(ring_base_asleep, 0xFFFFFFFFu) << "a card in D3 answers";
}

}  // namespace
}  // namespace p2p
