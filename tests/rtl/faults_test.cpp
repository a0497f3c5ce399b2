// Parity of the FIFOs between the clock domains: an inverted bit is found in the cycle it is read, whatever the engine
// does then; nothing that was touched is delivered.
#include <gtest/gtest.h>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr CaptureSetup kSetup{.width = 40, .height = 6, .ring_log2 = 7, .completion_log2 = 3};

// A fault is injected, `cycles` after the frames were sent.
void strike(uint32_t fault, uint32_t cycles, uint32_t frames, uint32_t* kept) {
  SCOPED_TRACE(testing::Message() << "FAULT_TEST " << fault << ", " << cycles << " cycles after the video began");
  Chip chip({.seed = cycles, .memory_size = size_t{64} << 10});
  Session session(chip, kSetup, cycles);
  session.post(8, 20, 200);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FIFO_ERR);
  session.capture.start(true);
  for (uint32_t i = 0; i < frames; ++i) session.send();
  chip.run(cycles);
  chip.write(VCAP_FAULT_TEST, fault);
  if (!chip.run_until([&] { return chip.interrupt(); }, 3000)) {
    // Nothing was left to be read: the next frame is struck.
    session.send();
    ASSERT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 3000)) << "intr_o";
  }
  chip.run(100);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & (VCAP_INTR_FIFO_ERR | VCAP_INTR_BUS_ERR | VCAP_INTR_DESC_ERR),
            VCAP_INTR_FIFO_ERR);
  EXPECT_EQ(chip.read(VCAP_STATUS) & (VCAP_STATUS_HALTED | VCAP_STATUS_IN_FRAME), VCAP_STATUS_HALTED);
  EXPECT_EQ(chip.read(VCAP_ERR_CAUSE), VCAP_ACCESS_FIFO << 2);
  EXPECT_EQ(chip.read(VCAP_ERR_ADDR_LO) | chip.read(VCAP_ERR_ADDR_HI), 0u);
  EXPECT_EQ(chip.read(VCAP_CNT_BUSERR), 1u);
  // Frames before it are whole: the session compares each with what was sent.
  EXPECT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }, 10000)) << "s_axis_video_tready while halted";
  chip.run(200);
  *kept += static_cast<uint32_t>(session.collect().size());
  session.capture.expect_remains(session.next_buffer());
  session.restart();
  EXPECT_EQ(chip.read(VCAP_ERR_CAUSE), 0u);
  session.post(3);
  session.capture.start(true);
  session.send();
  session.send();
  EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
  session.close();
}

TEST(Faults, AWordIsStruckInAnyCycleOfAFrame) {
  uint32_t kept = 0;
  for (uint32_t cycles = 0; cycles < 640; cycles += cycles < 60 ? 1 : 7) strike(VCAP_FAULT_TEST_DATA, cycles, 3, &kept);
  EXPECT_GT(kept, 0u);
}

TEST(Faults, AHeaderIsStruckInAnyCycle) {
  uint32_t kept = 0;
  for (uint32_t cycles = 0; cycles < 640; cycles += cycles < 60 ? 1 : 7) {
    strike(VCAP_FAULT_TEST_HEADER, cycles, 3, &kept);
  }
  EXPECT_GT(kept, 0u);
}

TEST(Faults, WithoutAFaultThereIsNone) {
  Chip chip({.memory_size = size_t{64} << 10});
  Session session(chip, kSetup);
  session.post(4);
  chip.write(VCAP_FAULT_TEST, ~(VCAP_FAULT_TEST_DATA | VCAP_FAULT_TEST_HEADER));
  session.capture.start(true);
  for (uint32_t i = 0; i < 3; ++i) session.send();
  EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FRAME_DONE);
  session.close();
}

}  // namespace
}  // namespace p2p::rtltest
