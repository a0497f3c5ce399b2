// A stream that runs: posting, completion, back-pressure, counters.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/driver/fake_kernel.h"

namespace {

class Capture : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(kernel.start(), STATUS_SUCCESS); }
  void TearDown() override {
    if (kernel.pin_open) kernel.close_pin();
    kernel.remove();
  }
  void stream(LONG width, LONG height, KSSTATE state) {
    ASSERT_EQ(kernel.create_pin(width, height), STATUS_SUCCESS);
    ASSERT_EQ(kernel.set_state(state), STATUS_SUCCESS);
  }
  void frame(std::uint8_t fill) {
    kernel.chip.video_frame(fill);
    kernel.pump();
  }
  FakeKernel kernel;
};

bool all_bytes(const FakeFrame* frame, ULONG from, ULONG to, UCHAR value) {
  return std::all_of(frame->memory.begin() + from, frame->memory.begin() + to, [&](UCHAR b) { return b == value; });
}

}  // namespace

TEST_F(Capture, BuffersArePostedFromPauseStraightFromTheirMappings) {
  stream(640, 480, KSSTATE_ACQUIRE);
  FakeFrame* first = kernel.queue(kVgaBytes, 4096);
  EXPECT_EQ(kernel.chip.posted(), 0u);
  ASSERT_EQ(kernel.set_state(KSSTATE_PAUSE), STATUS_SUCCESS);
  ASSERT_EQ(kernel.chip.posted(), 150u);
  for (unsigned i = 0; i < 150; ++i) {
    const VCAP_DESCRIPTOR& d = kernel.chip.descriptor(i);
    EXPECT_EQ(d.Address, reinterpret_cast<std::uint64_t>(first->memory.data()) + i * 4096);
    EXPECT_EQ(d.Length, 4096u);
    EXPECT_EQ(d.Flags & 0xFFFFu, (i == 0 ? VCAP_DESC_FIRST : 0u) | (i == 149 ? VCAP_DESC_LAST : 0u));
  }
  EXPECT_EQ(kernel.chip.reg(VCAP_CTRL), 0u) << "no capture before RUN";
  EXPECT_EQ(kernel.chip.reg(VCAP_FORMAT_WIDTH), 640u);
  EXPECT_EQ(kernel.chip.reg(VCAP_FORMAT_STRIDE), 1280u);
}

TEST_F(Capture, FramesCompleteInOrderWithTimeAndLength) {
  stream(640, 480, KSSTATE_RUN);
  std::vector<FakeFrame*> frames;
  for (int i = 0; i < 3; ++i) frames.push_back(kernel.queue(kVgaBytes + 100, 5000));
  for (std::uint8_t i = 0; i < 3; ++i) {
    kernel.chip.timestamp = 125'000'000ull * (i + 1);  // seconds
    frame(static_cast<std::uint8_t>(i + 1));
  }
  ASSERT_EQ(kernel.completed, frames);
  for (unsigned i = 0; i < 3; ++i) {
    const KSSTREAM_HEADER& header = frames[i]->header;
    EXPECT_EQ(frames[i]->status, STATUS_SUCCESS);
    EXPECT_EQ(header.DataUsed, kVgaBytes);
    EXPECT_EQ(header.PresentationTime.Time, 10'000'000ll * (i + 1));
    EXPECT_EQ(header.PresentationTime.Numerator, 1u);
    EXPECT_EQ(header.Duration, 333333);
    EXPECT_EQ(header.OptionsFlags, ULONG{KSSTREAM_HEADER_OPTIONSF_TIMEVALID | KSSTREAM_HEADER_OPTIONSF_DURATIONVALID |
                                         KSSTREAM_HEADER_OPTIONSF_SPLICEPOINT});
    EXPECT_TRUE(all_bytes(frames[i], 0, kVgaBytes, static_cast<UCHAR>(i + 1)));
    EXPECT_TRUE(all_bytes(frames[i], kVgaBytes, kVgaBytes + 100, 0xEE));
  }
}

TEST_F(Capture, PresentationTimeDoesNotOverflow) {
  stream(2, 1, KSSTATE_RUN);
  kernel.queue(4, 4);
  kernel.chip.timestamp = 125'000ull * 1000 * 86400 * 365 * 10;  // ten years
  frame(1);
  ASSERT_EQ(kernel.completed.size(), 1u);
  EXPECT_EQ(kernel.completed[0]->header.PresentationTime.Time, 10'000'000ll * 86400 * 365 * 10);
}

TEST_F(Capture, SeveralFramesInOneInterrupt_R_DPC_6) {
  stream(64, 64, KSSTATE_RUN);
  for (int i = 0; i < 5; ++i) kernel.queue(8192, 4096);
  for (std::uint8_t i = 0; i < 5; ++i) kernel.chip.video_frame(i);
  kernel.pump();
  EXPECT_EQ(kernel.completed.size(), 5u);
  EXPECT_EQ(kernel.chip.reg(VCAP_CPL_TAIL), 5u);
}

TEST_F(Capture, RingsGoRoundManyTimes) {
  stream(64, 64, KSSTATE_RUN);
  for (int i = 0; i < 1000; ++i) {
    FakeFrame* queued =
        kernel.queue(8192, 64);  // 128 descriptors: the ring of 16384 goes round 7 times, its index once
    frame(static_cast<std::uint8_t>(i));
    ASSERT_EQ(kernel.completed.size(), static_cast<std::size_t>(i + 1));
    ASSERT_EQ(kernel.completed.back(), queued);
    ASSERT_TRUE(all_bytes(queued, 0, 8192, static_cast<UCHAR>(i)));
  }
}

TEST_F(Capture, AFullRingStarvesAndResumes) {
  stream(64, 64, KSSTATE_PAUSE);
  for (int i = 0; i < 40; ++i) kernel.queue(8192, 16);  // 512 descriptors each: 32 fill the ring
  EXPECT_EQ(kernel.chip.posted(), 16384u);
  EXPECT_EQ(kernel.queue_ahead.size(), 8u);
  ASSERT_EQ(kernel.set_state(KSSTATE_RUN), STATUS_SUCCESS);
  for (std::uint8_t i = 0; i < 40; ++i) frame(i);
  EXPECT_EQ(kernel.completed.size(), 40u);
  EXPECT_EQ(kernel.chip.reg(VCAP_CNT_DROPPED), 0u);
}

TEST_F(Capture, ABufferThatNeedsOneDescriptorMoreThanThereAreWaits) {
  stream(64, 64, KSSTATE_PAUSE);
  kernel.queue(8192, 8192);                             // 1 descriptor
  for (int i = 0; i < 31; ++i) kernel.queue(8192, 16);  // 512 each
  ASSERT_EQ(kernel.chip.posted(), 15873u);
  kernel.queue(8192, 16);  // 511 are left
  EXPECT_EQ(kernel.chip.posted(), 15873u);
  EXPECT_EQ(kernel.queue_ahead.size(), 1u);
}

TEST_F(Capture, WithoutBuffersTheChipDropsAndThePinReportsIt) {
  stream(64, 64, KSSTATE_RUN);
  kernel.queue(8192, 4096);
  frame(1);
  frame(2);
  frame(3);
  kernel.queue(8192, 4096);
  frame(4);
  ASSERT_EQ(kernel.completed.size(), 2u);
  EXPECT_EQ(kernel.completed[0]->header.OptionsFlags & KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY, 0u);
  EXPECT_NE(kernel.completed[1]->header.OptionsFlags & KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY, 0u);
  EXPECT_EQ(kernel.completed[0]->info.PictureNumber, 1);
  EXPECT_EQ(kernel.completed[0]->info.DropCount, 0);
  EXPECT_EQ(kernel.completed[1]->info.PictureNumber, 4);
  EXPECT_EQ(kernel.completed[1]->info.DropCount, 2);
  EXPECT_EQ(kernel.dropped_frames().DropCount, 2);
  EXPECT_EQ(kernel.dropped_frames().PictureNumber, 4);
  EXPECT_EQ(kernel.dropped_frames().AverageFrameSize, 8192u);
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_EQ(kernel.dropped_frames().DropCount, 2) << "the counts outlive the chip's reset";
  ASSERT_EQ(kernel.set_state(KSSTATE_STOP), STATUS_SUCCESS);
  ASSERT_EQ(kernel.set_state(KSSTATE_ACQUIRE), STATUS_SUCCESS);
  EXPECT_EQ(kernel.dropped_frames().PictureNumber, 0);
}

TEST_F(Capture, AShortBufferFailsAloneAndTheNextIsUsed) {
  stream(64, 64, KSSTATE_RUN);
  FakeFrame* small = kernel.queue(8191, 4096);
  ASSERT_EQ(kernel.completed.size(), 1u);
  EXPECT_EQ(small->status, STATUS_BUFFER_TOO_SMALL);
  kernel.queue(8192, 4096);
  frame(9);
  ASSERT_EQ(kernel.completed.size(), 2u);
  EXPECT_EQ(kernel.completed[1]->status, STATUS_SUCCESS);
}

TEST_F(Capture, TheIsrDisownsOtherInterrupts_R_INT_4) {
  EXPECT_FALSE(kernel.isr(nullptr, kernel.isr_context));
  kernel.chip.reg(VCAP_INTR_STATE) = VCAP_INTR_NOBUF;  // pending, but not one this driver enabled
  EXPECT_FALSE(kernel.isr(nullptr, kernel.isr_context));
  kernel.chip.reg(VCAP_INTR_STATE) = VCAP_INTR_FRAME_DONE;
  EXPECT_TRUE(kernel.isr(nullptr, kernel.isr_context));
  EXPECT_EQ(kernel.chip.reg(VCAP_INTR_STATE), 0u);
  kernel.pump();
}

TEST_F(Capture, TheIsrClearsNoCauseThatItHasNotSeen_R_INT_5) {
  kernel.chip.reg(VCAP_INTR_STATE) = VCAP_INTR_FRAME_DONE;
  kernel.chip.early_cause = VCAP_INTR_BUS_ERR;  // between the ISR's read and its write
  EXPECT_TRUE(kernel.isr(nullptr, kernel.isr_context));
  EXPECT_EQ(kernel.chip.reg(VCAP_INTR_STATE), VCAP_INTR_BUS_ERR);
  kernel.pump();
}

TEST(CaptureByMessage, NoCauseIsLeftBehindThatWouldNeverBeSignalled_R_INT_5) {
  FakeKernel kernel;
  kernel.messages = true;
  ASSERT_EQ(kernel.start(), STATUS_SUCCESS);
  kernel.chip.reg(VCAP_INTR_STATE) = VCAP_INTR_FRAME_DONE;
  kernel.chip.late_cause = VCAP_INTR_DRAINED;
  EXPECT_TRUE(kernel.isr(nullptr, kernel.isr_context));
  EXPECT_FALSE(kernel.chip.line()) << "it would not rise again";
  kernel.pump();
  kernel.remove();
}

TEST_F(Capture, TheIsrDisownsInterruptsOfAnAbsentChip) {
  kernel.chip.gone = true;  // pulled out, and nobody has been told yet
  EXPECT_FALSE(kernel.isr(nullptr, kernel.isr_context));
  EXPECT_TRUE(kernel.dpcs.empty());
  kernel.chip.gone = false;
}
