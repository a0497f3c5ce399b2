// What happens between any two instructions of the driver: interrupts, the DPC on a second processor, other threads.
#include <gtest/gtest.h>

#include "tests/driver/every_instruction.h"
#include "tests/driver/fake_kernel.h"

namespace {

constexpr KIRQL kDirql = 9;
using Statuses = std::vector<NTSTATUS>;

struct Stream {
  explicit Stream(int buffers) {
    EXPECT_EQ(kernel.start(), STATUS_SUCCESS);
    EXPECT_EQ(kernel.create_pin(2, 1), STATUS_SUCCESS);
    EXPECT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
    for (int i = 0; i < buffers; ++i) queue();
  }
  ~Stream() {
    kernel.close_pin();
    kernel.remove();
  }
  void queue() { queued.push_back(kernel.queue(4, 2)); }
  Statuses statuses() const {
    Statuses all;
    for (const FakeFrame* frame : kernel.completed) all.push_back(frame->status);
    return all;
  }
  /// Whether another processor, or an interrupt, can get through now: no lock is held against them.
  bool open() const { return kernel.locks.empty() && kernel.irql < kDirql; }

  FakeKernel kernel;
  std::vector<FakeFrame*> queued;
};

/// `body` in a new stream of `buffers` each time, and `meanwhile` an instruction later than the last time; then
/// `check`.
void at_every_instruction(int buffers, void (*body)(Stream&), void (*meanwhile)(Stream&), void (*check)(Stream&)) {
  unsigned instruction = 0;
  for (bool happened = true; happened && !testing::Test::HasFailure();) {
    ++instruction;
    Stream stream(buffers);
    happened =
        run_by_instruction([&] { body(stream); }, [&](unsigned count) { return count >= instruction && stream.open(); },
                           [&] { stream.kernel.on_another_processor([&] { meanwhile(stream); }); });
    if (!happened) continue;
    check(stream);
    EXPECT_FALSE(testing::Test::HasFailure()) << "at instruction " << instruction;
  }
  EXPECT_GT(instruction, 50u) << "the driver was not stepped through";
}

void one_frame_and_its_dpc(Stream& stream) {
  stream.kernel.chip.video_frame(1);
  stream.kernel.run_interrupts();
}

}  // namespace

TEST(Race, AnInterruptAtAnyInstructionOfTheDpcIsNotLost_R_DPC_6) {
  at_every_instruction(
      2, one_frame_and_its_dpc,
      [](Stream& stream) {
        stream.kernel.chip.bus_error();
        stream.kernel.irql = kDirql;
        EXPECT_TRUE(stream.kernel.isr(nullptr, stream.kernel.isr_context));
      },
      [](Stream& stream) {
        stream.kernel.pump();
        EXPECT_EQ(stream.statuses(), (Statuses{STATUS_SUCCESS, STATUS_IO_DEVICE_ERROR}));
      });
}

TEST(Race, TheDpcMayRunOnASecondProcessorAtAnyInstructionOfTheFirst_R_DPC_6) {
  at_every_instruction(
      3,
      [](Stream& stream) {
        stream.kernel.chip.video_frame(1);
        one_frame_and_its_dpc(stream);
      },
      [](Stream& stream) {
        stream.kernel.chip.video_frame(3);
        stream.kernel.run_interrupts();
      },
      [](Stream& stream) {
        EXPECT_EQ(stream.kernel.completed, stream.queued) << "frames are lost, or out of order";
        EXPECT_EQ(stream.kernel.chip.reg(VCAP_CPL_TAIL), 3u);
      });
}

TEST(Race, TheStreamMayFailAtAnyInstructionOfProcess) {
  at_every_instruction(
      0, [](Stream& stream) { stream.queue(); },
      [](Stream& stream) {
        stream.kernel.chip.bus_error();
        stream.kernel.run_work();
      },
      [](Stream& stream) {
        stream.kernel.pump();
        EXPECT_EQ(stream.statuses(), Statuses{STATUS_IO_DEVICE_ERROR});
        EXPECT_EQ(stream.kernel.held["clone"], 0);
      });
}

TEST(Race, ABufferMayComeAtAnyInstructionOfAStop) {
  at_every_instruction(
      1,
      [](Stream& stream) {
        stream.kernel.chip.drain_waits = 2;
        EXPECT_EQ(stream.kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
      },
      [](Stream& stream) { stream.queue(); },
      [](Stream& stream) {
        EXPECT_EQ(stream.kernel.set_state(KSSTATE_STOP), STATUS_SUCCESS);
        EXPECT_EQ(stream.statuses(), Statuses(2, STATUS_CANCELLED));
        EXPECT_EQ(stream.kernel.held["clone"], 0);
      });
}
