// What goes wrong in one plane of an NV12 frame stops both: the halt, what ERR_CAUSE says of the plane, and the way
// back; a soft reset and a disable in any cycle of a frame's life.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr CaptureSetup kSetup{.width = 36, .height = 7, .ring_log2 = 7, .completion_log2 = 3, .nv12 = true};
constexpr uint8_t kSlaveError = 2, kDecodeError = 3;

Chip small_chip(uint32_t seed) { return Chip({.seed = seed, .memory_size = size_t{64} << 10}); }

uint32_t cause(uint32_t access, uint32_t response, uint32_t plane, uint32_t index) {
  return response | access << 2 | (plane == 1 ? VCAP_ERR_PLANE : 0) | index << 16;
}

// Waits for the halt, checks what is told of it, and captures again after a soft reset. Frames that were delivered
// before are none.
void expect_halt_and_recovery(Chip& chip, Session& session, uint32_t interrupt, uint32_t expected_cause,
                              uint64_t address) {
  ASSERT_TRUE(chip.run_until([&] { return (chip.read(VCAP_INTR_STATE) & interrupt) != 0; })) << "INTR_STATE";
  chip.run(300);
  EXPECT_EQ(chip.read(VCAP_STATUS) & (VCAP_STATUS_HALTED | VCAP_STATUS_IN_FRAME), VCAP_STATUS_HALTED);
  EXPECT_TRUE(chip.memory.quiet());
  EXPECT_EQ(chip.read(VCAP_ERR_CAUSE), expected_cause) << std::hex << expected_cause;
  EXPECT_EQ(chip.read_both(VCAP_ERR_ADDR_LO), address);
  const size_t bursts = chip.memory.bursts.size();
  const uint64_t reads = chip.memory.reads_taken;
  session.send();
  EXPECT_EQ(session.finish(), std::vector<uint32_t>{});
  EXPECT_EQ(chip.memory.bursts.size(), bursts) << "m_axi_awvalid while halted";
  EXPECT_EQ(chip.memory.reads_taken, reads) << "m_axi_arvalid while halted";
  const Counters now = session.capture.counters();
  EXPECT_EQ(now.dropped, session.sent()) << now;
  EXPECT_EQ(now.overflow + now.format + now.nobuf, 0u) << now;
  EXPECT_EQ(now.buserr, interrupt == VCAP_INTR_BUS_ERR ? chip.memory.errors_answered : 1u) << now;
  session.capture.expect_remains(session.next_buffer());
  session.capture.check_memory();

  chip.memory.faults.clear();
  session.restart();
  for (const uint32_t reg :
       {VCAP_ERR_CAUSE, VCAP_RING_HEAD, VCAP_RING_TAIL, VCAP_PLANE1_RING_HEAD, VCAP_PLANE1_RING_TAIL, VCAP_CPL_HEAD}) {
    EXPECT_EQ(chip.read(reg), 0u) << "register " << std::hex << reg;
  }
  session.post(3, 5, 60);
  session.capture.start(true);
  for (uint32_t i = 0; i < 3; ++i) session.send();
  EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2}));
  session.close();
}

TEST(Nv12Errors, DataWriteAtAnyPlaceOfEitherPlane) {
  for (const uint32_t plane : {0u, 1u}) {
    for (uint32_t piece = 0; piece < 3; ++piece) {
      for (const uint32_t at : {16u, 20u, 23u}) {  // in no beat of another piece
        SCOPED_TRACE(testing::Message() << "plane " << plane << ", byte " << at << " of piece " << piece);
        Chip chip = small_chip(at);
        chip.memory.timing = {.aw_stall = 30, .w_stall = 30, .min_latency = 1, .max_latency = 30};
        Session session(chip, kSetup, at);
        session.post(1, 40, 40);
        const uint64_t address = session.next_buffer().of(plane)[piece].address + at;
        chip.memory.faults.push_back({address, address + 1, false, kDecodeError});
        session.capture.start(true);
        session.send();
        ASSERT_TRUE(chip.run_until([&] { return chip.memory.errors_answered != 0; }));
        expect_halt_and_recovery(chip, session, VCAP_INTR_BUS_ERR,
                                 cause(VCAP_ACCESS_DATA_WRITE, kDecodeError, plane, piece), chip.memory.failed_write);
      }
    }
  }
}

TEST(Nv12Errors, DescriptorReadOfEitherRing) {
  for (const uint32_t plane : {0u, 1u}) {
    for (uint32_t index = 0; index < 7; ++index) {
      SCOPED_TRACE(testing::Message() << "plane " << plane << ", descriptor " << index);
      Chip chip = small_chip(index);
      Session session(chip, kSetup, index);
      const uint64_t address = session.capture.descriptor_address(index, plane);
      chip.memory.faults.push_back({address, address + 16, true, kSlaveError});
      session.post(2, 30, 30);
      session.capture.start(true);
      session.send();
      ASSERT_TRUE(chip.run_until([&] { return chip.memory.errors_answered != 0; }));
      expect_halt_and_recovery(chip, session, VCAP_INTR_BUS_ERR,
                               cause(VCAP_ACCESS_DESC_READ, kSlaveError, plane, index), chip.memory.failed_read);
    }
  }
}

// Length zero; FIRST where none may be, or missing.
TEST(Nv12Errors, BadDescriptorInEitherRing) {
  for (const uint32_t plane : {0u, 1u}) {
    for (uint32_t bad = 0; bad < 3; ++bad) {
      for (uint32_t kind = 0; kind < 2; ++kind) {
        SCOPED_TRACE(testing::Message() << "plane " << plane << ", descriptor " << bad << ", kind " << kind);
        Chip chip = small_chip(bad);
        Session session(chip, kSetup, bad);
        Buffer buffer = session.capture.scattered(40, 40);
        session.post(buffer);
        const uint64_t at = session.capture.descriptor_address(bad, plane);
        VCAP_DESCRIPTOR descriptor{buffer.of(plane)[bad].address, 0, bad == 0 ? VCAP_DESC_FIRST : 0u};
        if (kind == 1) descriptor = {descriptor.Address, 40, bad == 0 ? 0u : VCAP_DESC_FIRST};
        session.capture.poke(at, &descriptor, sizeof descriptor);
        session.capture.doorbell();
        session.capture.start(true);
        session.send();
        expect_halt_and_recovery(chip, session, VCAP_INTR_DESC_ERR, cause(VCAP_ACCESS_BAD_DESC, 0, plane, bad), at);
      }
    }
  }
}

// An inverted bit of chroma, or of luma: found in the cycle it is read, never delivered.
TEST(Nv12Errors, ParityOfEitherFifo) {
  for (const uint32_t plane : {0u, 1u}) {
    for (uint32_t cycles = 0; cycles < 260; cycles += cycles < 40 ? 1 : 7) {
      SCOPED_TRACE(testing::Message() << "plane " << plane << ", after " << cycles << " cycles");
      Chip chip = small_chip(cycles);
      Session session(chip, kSetup, cycles);
      session.post(8, 20, 200);
      chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FIFO_ERR);
      session.capture.start(true);
      for (uint32_t i = 0; i < 3; ++i) session.send();
      chip.run(cycles);
      chip.write(VCAP_FAULT_TEST, plane == 0 ? VCAP_FAULT_TEST_DATA : VCAP_FAULT_TEST_PLANE1);
      if (!chip.run_until([&] { return chip.interrupt(); }, 3000)) session.send();  // nothing was left to be read
      ASSERT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 3000)) << "intr_o";
      chip.run(100);
      EXPECT_EQ(chip.read(VCAP_ERR_CAUSE), cause(VCAP_ACCESS_FIFO, 0, plane, 0));
      EXPECT_EQ(chip.read(VCAP_CNT_BUSERR), 1u);
      EXPECT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }, 10000)) << "s_axis_video_tready";
      chip.run(200);
      session.collect();  // frames before it are whole
      session.capture.expect_remains(session.next_buffer());
      session.restart();
      session.post(2);
      session.capture.start(true);
      session.send();
      session.send();
      EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
      session.close();
    }
  }
}

// Errors anywhere, whenever, in whichever plane: a halt, then as good as new.
TEST(Nv12Errors, RandomFaultsNeverTearAFrame) {
  uint32_t halts = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Chip chip({.pixel_period_ps = seed % 2 == 0 ? 3636ull : 13468ull, .seed = seed, .memory_size = size_t{128} << 10});
    chip.memory.timing = {random.between(0, 50), random.between(0, 50), random.between(0, 50), random.between(0, 50), 1,
                          random.between(1, 40)};
    CaptureSetup setup = kSetup;
    setup.stride = setup.width + random.between(0, 20);
    setup.ring_log2 = 9;
    setup.field_mode = VCAP_FIELD_MODE_SEPARATE;
    Session session(chip, setup, seed);
    session.post(6, 5, random.between(20, 90));
    const uint32_t plane = random.between(0, 1), length = random.between(1, 300);
    const std::vector<Piece>& struck = session.buffer(random.between(0, 5)).of(plane);
    const Piece& piece = struck[random.between(0, static_cast<uint32_t>(struck.size()) - 1)];
    const bool read = random.chance(30);
    const uint64_t low = read ? session.capture.descriptor_address(random.between(0, 50), plane) : piece.address;
    if (!random.chance(20)) chip.memory.faults.push_back({low, low + length, read, kSlaveError});
    session.capture.start(seed % 3 != 0);
    for (uint32_t i = 0; i < 6; ++i) {
      session.send();
      chip.run(random.between(0, 400));
    }
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.run(2000);
    session.collect();
    const bool halted = (chip.read(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0;
    EXPECT_EQ(halted, chip.memory.errors_answered != 0);
    halts += halted ? 1 : 0;
    const Counters now = session.capture.counters();
    EXPECT_EQ(now.frames, session.delivered()) << now;
    EXPECT_EQ(now.started, session.sent()) << now;
    EXPECT_EQ(now.started, now.frames + now.dropped) << now;
    if (session.delivered() < 6) session.capture.expect_remains(session.next_buffer());
    session.capture.check_memory();
    chip.memory.faults.clear();
    session.restart();
    session.post(2);
    session.capture.start(true);
    session.send();
    session.send();
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
    session.close();
  }
  EXPECT_GT(halts, 20u);
  EXPECT_LT(halts, 60u);
}

// A soft reset in any cycle: silence within bounds, records only of frames that are whole in memory, capture again.
TEST(Nv12Errors, SoftResetInAnyCycle) {
  uint32_t most = 0;
  for (uint32_t cycles = 0; cycles < 900; cycles += 3) {
    SCOPED_TRACE(testing::Message() << "SOFT_RESET after " << cycles << " cycles");
    Random random(cycles);
    Chip chip = small_chip(cycles);
    chip.memory.timing = {random.between(0, 50), random.between(0, 50), 0, random.between(0, 50), 1,
                          random.between(1, 40)};
    Session session(chip, kSetup, cycles);
    session.post(4, 10, 70);
    session.capture.start(cycles % 2 == 0);
    for (uint32_t i = 0; i < 3; ++i) session.send();
    chip.run(cycles);
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_DRAINED);
    const std::vector<uint8_t> before(chip.memory.at(session.capture.record_address(0)),
                                      chip.memory.at(session.capture.record_address(3)));
    session.collect();
    chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
    ASSERT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 2000)) << "intr_o for DRAINED";
    EXPECT_TRUE(chip.memory.quiet());
    EXPECT_EQ(chip.status(), VCAP_STATUS_IDLE);
    // Records written meanwhile are of frames that are whole; the next buffer may hold remains.
    uint32_t written = session.delivered();
    const auto changed = [&](uint32_t record) {
      return std::memcmp(chip.memory.at(session.capture.record_address(record)), &before[size_t{32} * record], 32) != 0;
    };
    for (; written < 3 && changed(written); ++written) {
      session.capture.expect_frame(written, session.buffer(written), session.frame(written), written, false);
    }
    session.capture.expect_remains(session.buffer(written));
    most = std::max(most, written);
    session.capture.check_memory();
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.run(50);
    session.restart();
    session.post(2);
    session.capture.start(true);
    session.send();
    session.send();
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
    session.close();
  }
  EXPECT_EQ(most, 3u);
}

}  // namespace
}  // namespace p2p::rtltest
