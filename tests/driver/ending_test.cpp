// Ways a stream ends: stop, flush, halt, removal.
#include <gtest/gtest.h>

#include "tests/driver/fake_kernel.h"

namespace {

class Ending : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
    ASSERT_EQ(kernel.create_pin(64, 64), STATUS_SUCCESS);
    ASSERT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
  }
  void TearDown() override {
    if (kernel.pin_open) kernel.close_pin();
    kernel.remove();
    EXPECT_EQ(kernel.chip.accesses_when_gone, 0u);
  }
  void queue(int count) {
    for (int i = 0; i < count; ++i) kernel.queue(8192, 4096);
  }
  std::vector<NTSTATUS> statuses() const {
    std::vector<NTSTATUS> all;
    for (const FakeFrame* frame : kernel.completed) all.push_back(frame->status);
    return all;
  }
  FakeKernel kernel;
};

using Statuses = std::vector<NTSTATUS>;

}  // namespace

TEST_F(Ending, StopWithDmaInFlightDeliversWhatIsDoneAndCancelsTheRest) {
  queue(3);
  kernel.chip.video_frame(1);  // its interrupt has not been taken yet
  const unsigned resets = kernel.chip.soft_resets;
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_EQ(kernel.chip.soft_resets, resets + 1);
  EXPECT_EQ(statuses(), (Statuses{STATUS_SUCCESS, STATUS_CANCELLED, STATUS_CANCELLED}));
  EXPECT_EQ(kernel.completed[1]->header.DataUsed, 0u);
  EXPECT_EQ(kernel.held["clone"], 0);
  EXPECT_EQ(kernel.timeouts, 0) << "DRAINED ends the wait";
}

TEST_F(Ending, PauseKeepsBuffersAndRunGoesOn) {
  queue(2);
  ASSERT_EQ(kernel.set_state(KSSTATE_PAUSE), STATUS_SUCCESS);
  EXPECT_TRUE(kernel.completed.empty()) << "RUN to PAUSE keeps reads outstanding (R-ST-8)";
  kernel.chip.video_frame(9);
  kernel.pump();
  EXPECT_TRUE(kernel.completed.empty()) << "nothing is captured in PAUSE";
  ASSERT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
  kernel.chip.video_frame(1);
  kernel.pump();
  EXPECT_EQ(statuses(), (Statuses{STATUS_SUCCESS}));
}

TEST_F(Ending, ARecordOfTheStreamBeforeIsNotTakenForANewOne) {
  queue(1);
  kernel.chip.video_frame(1);
  kernel.pump();
  ASSERT_EQ(kernel.set_state(KSSTATE_STOP), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
  queue(1);
  kernel.chip.reg(VCAP_INTR_STATE) = VCAP_INTR_FRAME_DONE;
  kernel.pump();
  EXPECT_EQ(kernel.completed.size(), 1u);
}

TEST_F(Ending, AStreamCanBeRestarted) {
  queue(1);
  ASSERT_EQ(kernel.set_state(KSSTATE_STOP), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
  queue(2);
  kernel.chip.video_frame(7);
  kernel.chip.video_frame(8);
  kernel.pump();
  EXPECT_EQ(statuses(), (Statuses{STATUS_CANCELLED, STATUS_SUCCESS, STATUS_SUCCESS}));
  EXPECT_EQ(kernel.completed[2]->memory[0], 8);
}

TEST_F(Ending, ResetReturnsBuffersAndStreamingGoesOn) {
  queue(2);
  kernel.pin_descriptor().Dispatch->Reset(&kernel.pin);
  EXPECT_EQ(statuses(), (Statuses{STATUS_CANCELLED, STATUS_CANCELLED}));
  queue(1);
  kernel.chip.video_frame(1);
  kernel.pump();
  EXPECT_EQ(kernel.completed.back()->status, STATUS_SUCCESS);
}

TEST_F(Ending, ABusErrorFailsEveryBufferUntilTheStreamIsRestarted) {
  queue(3);
  kernel.chip.video_frame(1);
  kernel.pump();
  kernel.chip.bus_error();
  kernel.pump();
  EXPECT_EQ(statuses(), (Statuses{STATUS_SUCCESS, STATUS_IO_DEVICE_ERROR, STATUS_IO_DEVICE_ERROR}));
  queue(1);
  EXPECT_EQ(kernel.completed.size(), 4u);
  EXPECT_EQ(kernel.completed.back()->status, STATUS_IO_DEVICE_ERROR);
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
  queue(3);
  for (std::uint8_t i = 0; i < 3; ++i) {
    kernel.chip.video_frame(i);
    kernel.pump();
    EXPECT_EQ(kernel.completed.back()->status, STATUS_SUCCESS) << "the error is acted on once";
  }
  EXPECT_EQ(kernel.completed.size(), 7u);
}

TEST_F(Ending, TwoErrorsAreOneFaultUntilTheWorkItemHasRun) {
  queue(1);
  kernel.chip.bus_error();
  kernel.run_interrupts();
  kernel.chip.reg(VCAP_INTR_STATE) |= VCAP_INTR_DESC_ERR;
  kernel.run_interrupts();
  EXPECT_EQ(kernel.work.size(), 1u);
  kernel.pump();
  EXPECT_EQ(statuses(), (Statuses{STATUS_IO_DEVICE_ERROR}));
}

TEST_F(Ending, RemoveWaitsForAFaultThatIsStillToBeHandled) {
  kernel.chip.bus_error();
  kernel.run_interrupts();
  ASSERT_EQ(kernel.work.size(), 1u);
  kernel.close_pin();
  ASSERT_EQ(kernel.work.size(), 1u) << "the system has not come to it";
  kernel.remove();  // IoFreeWorkItem checks that it is not queued
  EXPECT_TRUE(kernel.work.empty());
}

TEST_F(Ending, ARemovalWakesAStopThatWaitsForTheChip) {
  queue(2);
  kernel.chip.never_drains = true;
  kernel.in_another_thread([&] { kernel.surprise_removal(); });
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_EQ(kernel.timeouts, 0) << "it waited for a chip that is gone";
  EXPECT_EQ(statuses(), Statuses(2, STATUS_CANCELLED));
  kernel.join_other_thread();
}

TEST_F(Ending, ARecordThatNoBufferAnswersToFailsTheStream) {
  queue(2);
  kernel.chip.index_error = 1;
  kernel.chip.video_frame(1);
  kernel.pump();
  EXPECT_EQ(statuses(), (Statuses{STATUS_IO_DEVICE_ERROR, STATUS_IO_DEVICE_ERROR}));
}

TEST_F(Ending, NoBufferIsGivenBackBeforeTheChipHasDrained) {
  queue(3);
  kernel.chip.video_frame(1);
  kernel.chip.drain_waits = 5;
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_EQ(statuses(), (Statuses{STATUS_SUCCESS, STATUS_CANCELLED, STATUS_CANCELLED}));
  ASSERT_EQ(kernel.set_state(KSSTATE_PAUSE), STATUS_SUCCESS) << "the chip is whole again";
}

TEST_F(Ending, ADrainedOfAnEarlierDisableEndsNoWaitForTheReset) {
  queue(2);
  kernel.chip.drain_waits = 2;
  kernel.chip.drained_before = true;
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_FALSE(kernel.chip.drained_before);
  EXPECT_EQ(statuses(), Statuses(2, STATUS_CANCELLED));
}

TEST_F(Ending, AChipThatDoesNotDrainIsGivenUpAfterABoundedWait) {
  queue(2);
  kernel.chip.never_drains = true;
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_EQ(statuses(), (Statuses{STATUS_CANCELLED, STATUS_CANCELLED}));
  EXPECT_FALSE(NT_SUCCESS(kernel.set_state(KSSTATE_PAUSE))) << "it is not armed again";
}

TEST_F(Ending, SurpriseRemovalCompletesEverythingAndTouchesNothing_R_PNP_8) {
  queue(3);
  kernel.surprise_removal();
  kernel.pump();
  EXPECT_EQ(statuses(), Statuses(3, STATUS_DEVICE_REMOVED));
  EXPECT_EQ(kernel.held["interrupt"], 0);
  EXPECT_EQ(kernel.held["register window"], 0);
  EXPECT_EQ(kernel.held["adapter"], 1) << "AVStream may still hold mappings";
  queue(1);
  EXPECT_EQ(kernel.completed.back()->status, STATUS_DEVICE_REMOVED);
  kernel.dropped_frames();
}

TEST_F(Ending, SurpriseRemovalStillDeliversWhatTheChipHadFinished) {
  queue(2);
  kernel.chip.video_frame(1);
  kernel.surprise_removal();
  kernel.pump();
  EXPECT_EQ(statuses(), (Statuses{STATUS_SUCCESS, STATUS_DEVICE_REMOVED}));
}

TEST_F(Ending, AnErrorIsNotForgottenWhenAnotherInterruptComesBeforeTheDpc_R_DPC_6) {
  queue(2);
  kernel.chip.bus_error();
  ASSERT_TRUE(kernel.isr(nullptr, kernel.isr_context));
  kernel.chip.reg(VCAP_INTR_STATE) |= VCAP_INTR_FRAME_DONE;
  ASSERT_TRUE(kernel.isr(nullptr, kernel.isr_context));
  kernel.pump();
  EXPECT_EQ(statuses(), Statuses(2, STATUS_IO_DEVICE_ERROR));
}

TEST_F(Ending, SurpriseRemovalFailsBuffersThatWaitForRingSpace) {
  for (int i = 0; i < 40; ++i) kernel.queue(8192, 16);
  EXPECT_EQ(kernel.queue_ahead.size(), 8u);
  kernel.surprise_removal();
  kernel.pump();
  EXPECT_EQ(kernel.completed.size(), 40u);
}

TEST_F(Ending, CloseInRunCleansUp) {
  queue(2);
  kernel.close_pin();
  EXPECT_EQ(statuses(), (Statuses{STATUS_CANCELLED, STATUS_CANCELLED}));
  ASSERT_EQ(kernel.create_pin(640, 480), STATUS_SUCCESS);
}

TEST_F(Ending, PowerUpResetsAChipThatDidNotDrain) {
  queue(1);
  kernel.chip.never_drains = true;
  const auto set_power = kernel.descriptor->Dispatch->SetPower;
  set_power(&kernel.device, nullptr, PowerDeviceD3, PowerDeviceD0);
  kernel.chip.never_drains = false;
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  set_power(&kernel.device, nullptr, PowerDeviceD0, PowerDeviceD3);
  EXPECT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS) << "it is what it was before sleep";
}

TEST_F(Ending, PowerDownAgainstTheDriversWillFailsTheStreamAndPowerUpRecovers) {
  queue(1);
  const auto set_power = kernel.descriptor->Dispatch->SetPower;
  set_power(&kernel.device, nullptr, PowerDeviceD3, PowerDeviceD0);
  kernel.pump();
  EXPECT_EQ(statuses(), (Statuses{STATUS_DEVICE_POWERED_OFF}));
  set_power(&kernel.device, nullptr, PowerDeviceD0, PowerDeviceD3);
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
  queue(1);
  kernel.chip.video_frame(1);
  kernel.pump();
  EXPECT_EQ(kernel.completed.back()->status, STATUS_SUCCESS);
}
