// Each cause of a stall by what is known of the run, and the order in which they are looked for.
#include "tb/stall/diagnosis.h"

#include <gtest/gtest.h>

namespace p2p::tb {
namespace {

/// A pin in RUN whose eight buffers the chip has.
StallEvidence running() {
  StallEvidence evidence;
  evidence.cycle = 1'000'000;
  evidence.pin = PinEvidence{3, "RUN", 8, 0, 8, 0};
  evidence.channel = {true, 16, 0, 0, 0xF1, 0, 0};
  evidence.last_source_frame = 900;
  return evidence;
}

void expect(const StallEvidence& evidence, const std::string& verdict, const std::string& because) {
  const Diagnosis found = diagnose(evidence);
  EXPECT_EQ(found.verdict, verdict);
  EXPECT_NE(found.because.find(because), std::string::npos) << found.because;
}

/// Cut off in the middle of a frame, or where its interrupt is on the way: nothing stands still.
TEST(Diagnosis, NoneOfARunThatIsUnderWay) {
  StallEvidence evidence = running();
  evidence.last_complete = 900'000;
  evidence.frame_cycles = 90'000;
  EXPECT_EQ(diagnose(evidence).verdict, "");
  EXPECT_EQ(diagnose(evidence).because, "frames came and went until then");
  evidence.line = true;
  evidence.channel.causes = 1;
  EXPECT_EQ(diagnose(evidence).verdict, "");
  evidence.frame_cycles = 80'000;
  EXPECT_EQ(diagnose(evidence).verdict, "interrupt lost");
  evidence = running();
  evidence.last_source_frame.reset();
  EXPECT_EQ(diagnose(evidence).verdict, "no video");
  evidence.frame_under_way = true;
  EXPECT_EQ(diagnose(evidence).verdict, "") << "the first frame";
  evidence.channel.enabled = false;
  EXPECT_EQ(diagnose(evidence).verdict, "DMA not started") << "what lasts is told all the same";
}

TEST(Diagnosis, NoPin) {
  StallEvidence evidence = running();
  evidence.pin.reset();
  expect(evidence, "no pin", "never set up");
}

TEST(Diagnosis, PinNotRunning) {
  StallEvidence evidence = running();
  evidence.pin->state = "PAUSE";
  expect(evidence, "pin not running", "pin 3 is in PAUSE");
}

TEST(Diagnosis, SinkBlocked) {
  StallEvidence evidence = running();
  evidence.pin->irps = 0;
  evidence.held_samples = 1;
  expect(evidence, "sink blocked", "keeps 1 sample,");
}

TEST(Diagnosis, NoBuffersQueued) {
  StallEvidence evidence = running();
  evidence.pin->irps = 0;
  expect(evidence, "no buffers queued", "its queue is empty");
}

TEST(Diagnosis, DmaNotStarted) {
  StallEvidence evidence = running();
  evidence.channel.enabled = false;
  expect(evidence, "DMA not started", "8 IRPs");
}

TEST(Diagnosis, InterruptMasked) {
  StallEvidence evidence = running();
  evidence.channel.records = 1;
  evidence.channel.causes = 0x3;
  evidence.channel.enables = 0xF0;
  expect(evidence, "interrupt masked", "INTR_STATE is 0x3, and INTR_ENABLE 0xF0 does not let FRAME_DONE through");
  evidence.channel.causes = 0x2;
  EXPECT_NE(diagnose(evidence).verdict, "interrupt masked") << "another cause, that the driver does not care for";
}

TEST(Diagnosis, InterruptLostOnItsWay) {
  StallEvidence evidence = running();
  evidence.channel.causes = 0x3;
  expect(evidence, "interrupt lost", "causes 0x1, and the line at the CPUs is low");
}

TEST(Diagnosis, InterruptThatNobodyTakes) {
  StallEvidence evidence = running();
  evidence.channel.causes = 0x1;
  evidence.line = true;
  expect(evidence, "interrupt lost", "no ISR clears them; there was none");
  evidence.last_isr = 12;
  expect(evidence, "interrupt lost", "the last was at cycle 12");
}

TEST(Diagnosis, DpcQueuedAndNotRun) {
  StallEvidence evidence = running();
  evidence.queued_dpcs = 1;
  evidence.last_dpc = 77;
  expect(evidence, "DPC not run", "1 DPC queued; the last was at cycle 77");
}

TEST(Diagnosis, DpcNeverQueued) {
  StallEvidence evidence = running();
  evidence.channel.records = 2;
  evidence.last_isr = 500;
  expect(evidence, "DPC not run", "the ISR ran at cycle 500, 2 completion records not taken, and no DPC since");
  evidence.last_dpc = 400;
  expect(evidence, "DPC not run", "the last was at cycle 400");
}

TEST(Diagnosis, CompletionRecordsLeft) {
  StallEvidence evidence = running();
  evidence.channel.records = 2;
  evidence.last_isr = 500;
  evidence.last_dpc = 510;
  expect(evidence, "completion records left", "ISR and DPC have run (cycle 510)");
}

TEST(Diagnosis, DescriptorRingEmpty) {
  StallEvidence evidence = running();
  evidence.channel.descriptors = 0;
  evidence.pin->clones = 0;
  evidence.pin->waiting = 8;
  expect(evidence, "descriptor ring empty", "8 frames waiting at the leading edge");
  evidence.pin->waiting = 0;
  evidence.pin->clones = 8;
  expect(evidence, "descriptor ring empty", "8 clones");
}

TEST(Diagnosis, CloneLeaked) {
  StallEvidence evidence = running();
  evidence.channel.written = 11;  // and the chip may have more to write
  evidence.pin->completed = 3;
  expect(evidence, "clone leaked", "the chip has written 11 frames, and 3 have completed; 8 clones");
}

TEST(Diagnosis, NoVideo) {
  expect(running(), "no video",
         "16 descriptors and nothing to write into them; of source frames' ends the last was at cycle 900");
}

TEST(Diagnosis, NothingThatIsKnown) {
  StallEvidence evidence = running();
  evidence.channel.descriptors = 0;
  evidence.pin->clones = 0;
  expect(evidence, "", "");
}

}  // namespace
}  // namespace p2p::tb
