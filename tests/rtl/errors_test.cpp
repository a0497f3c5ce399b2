// Bus errors on every kind of access and descriptors that make no sense: the engine stops, says where, raises its
// interrupt, touches nothing any more, and works again after a soft reset.
#include <gtest/gtest.h>

#include <functional>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

// The first only answers exclusive accesses, of which the chip makes none.
constexpr uint8_t kExclusiveOkay = 1, kSlaveError = 2, kDecodeError = 3;

// 12 16-beat bursts or more a frame; small enough to sweep over.
constexpr CaptureSetup kSetup{.width = 60, .height = 14, .ring_log2 = 5, .completion_log2 = 3};

struct Expected {
  uint32_t access, response, index;
  uint64_t address;
};

// When a channel last began to ask for something.
struct RequestWatch {
  uint64_t last_write = 0, last_read = 0;
  bool writing = false, reading = false;

  void attach(Chip& chip) {
    chip.watch = [this, &chip](const Vvcap& pins) {
      if (pins.m_axi_awvalid && !writing) last_write = chip.cycle();
      if (pins.m_axi_arvalid && !reading) last_read = chip.cycle();
      // Accepted: whatever comes next is a new request.
      writing = pins.m_axi_awvalid && !pins.m_axi_awready;
      reading = pins.m_axi_arvalid && !pins.m_axi_arready;
    };
  }
};

std::vector<MemoryTiming> timings() {
  return {{}, {.aw_stall = 40, .w_stall = 40, .ar_stall = 40, .r_stall = 40, .min_latency = 5, .max_latency = 40}};
}

// Waits for the halt and checks everything the registers page says about it; then soft reset and good frames.
void expect_halt_and_recovery(Chip& chip, Session& session, RequestWatch& requests, const Expected& expected,
                              const std::vector<uint32_t>& delivered) {
  const bool bus = expected.access != VCAP_ACCESS_BAD_DESC;
  ASSERT_TRUE(chip.run_until([&] { return chip.interrupt(); })) << "intr_o";
  const uint64_t stopped = chip.cycle();
  chip.run(400);
  const uint32_t status = chip.read(VCAP_STATUS);
  EXPECT_EQ(status & (VCAP_STATUS_HALTED | VCAP_STATUS_IN_FRAME), VCAP_STATUS_HALTED);
  EXPECT_EQ(VCAP_STATUS_OUTSTANDING(status), 0u);
  EXPECT_TRUE(chip.memory.quiet());
  EXPECT_EQ(chip.read(VCAP_ERR_CAUSE), expected.response | expected.access << 2 | (expected.index & 0xFFFF) << 16);
  EXPECT_EQ(chip.read(VCAP_ERR_ADDR_LO), static_cast<uint32_t>(expected.address));
  EXPECT_EQ(chip.read(VCAP_ERR_ADDR_HI), static_cast<uint32_t>(expected.address >> 32));
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & (VCAP_INTR_BUS_ERR | VCAP_INTR_DESC_ERR),
            bus ? VCAP_INTR_BUS_ERR : VCAP_INTR_DESC_ERR);
  // Requests of the cycle of the answer may have been under way.
  EXPECT_LE(requests.last_write, stopped) << "m_axi_awvalid rose after the engine halted";
  EXPECT_LE(requests.last_read, stopped) << "m_axi_arvalid rose after the engine halted";

  // Nothing software does but a soft reset starts it again; frames are dropped and counted.
  const size_t bursts = chip.memory.bursts.size();
  const uint64_t reads = chip.memory.reads_taken;
  session.post(2);
  chip.write(VCAP_CTRL, 0);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  session.capture.start(false);
  session.send();
  session.send();
  EXPECT_EQ(session.finish(), delivered);
  EXPECT_EQ(chip.memory.bursts.size(), bursts) << "m_axi_awvalid while halted";
  EXPECT_EQ(chip.memory.reads_taken, reads) << "m_axi_arvalid while halted";
  const Counters counters = session.capture.counters();
  EXPECT_EQ(counters.buserr, bus ? chip.memory.errors_answered : 1u);
  EXPECT_EQ(counters.dropped, session.sent() - delivered.size());
  EXPECT_EQ(counters.overflow + counters.format + counters.nobuf, 0u);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE) & ~VCAP_INTR_DRAINED, 0u);
  EXPECT_EQ(chip.read(VCAP_STATUS) & VCAP_STATUS_HALTED, VCAP_STATUS_HALTED);
  session.capture.expect_remains(session.next_buffer());
  session.capture.check_memory();

  chip.memory.faults.clear();
  session.restart();
  EXPECT_EQ(chip.read(VCAP_STATUS), VCAP_STATUS_IDLE);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_DRAINED);
  for (const uint32_t reg : {VCAP_ERR_CAUSE, VCAP_ERR_ADDR_LO, VCAP_ERR_ADDR_HI, VCAP_RING_HEAD, VCAP_RING_TAIL,
                             VCAP_CPL_HEAD, VCAP_CPL_TAIL, VCAP_CTRL}) {
    EXPECT_EQ(chip.read(reg), 0u) << "register " << std::hex << reg;
  }
  EXPECT_EQ(session.capture.counters(), Counters{});
  session.post(3);
  session.capture.start(false);
  for (uint32_t i = 0; i < 3; ++i) session.send();
  EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2}));
  session.close();
}

Chip small_chip(uint32_t seed) { return Chip({.seed = seed, .memory_size = size_t{64} << 10}); }

TEST(Errors, DataWriteAtAnyBurst) {
  for (const uint8_t response : {kExclusiveOkay, kSlaveError, kDecodeError}) {
    for (const MemoryTiming& timing : timings()) {
      // Every burst, the first and last byte of the buffer among them.
      for (uint32_t offset = 0;; offset += 97) {
        SCOPED_TRACE(testing::Message() << "response " << int{response} << ", latency " << timing.max_latency
                                        << ", error at byte " << offset);
        Chip chip = small_chip(offset + response);
        chip.memory.timing = timing;
        RequestWatch requests;
        requests.attach(chip);
        Session session(chip, kSetup, offset);
        const uint32_t bytes = session.capture.frame_bytes();
        const bool last = offset >= bytes - 1;
        const uint32_t at = last ? bytes - 1 : offset;
        session.post(1);
        Buffer buffer;  // two pieces: the index of the second is recorded for its bursts
        buffer.pieces = {session.capture.allocate(bytes / 2, 3), session.capture.allocate(bytes - bytes / 2, 6)};
        session.post(buffer);
        session.capture.doorbell();
        chip.write(VCAP_INTR_ENABLE, VCAP_INTR_BUS_ERR);
        session.capture.start(true);
        const bool second = at >= bytes / 2;
        const uint64_t address = second ? buffer.pieces[1].address + (at - bytes / 2) : buffer.pieces[0].address + at;
        chip.memory.faults.push_back({address, address + 1, false, response});
        session.send();
        session.send();
        ASSERT_TRUE(chip.run_until([&] { return chip.memory.errors_answered != 0; }));
        uint64_t burst = 0;
        for (const WriteBurst& seen : chip.memory.bursts) {
          if (seen.address <= address && address < seen.address + kBeatBytes * seen.beats) burst = seen.address;
        }
        expect_halt_and_recovery(chip, session, requests, {VCAP_ACCESS_DATA_WRITE, response, second ? 2u : 1u, burst},
                                 {0});
        if (last) break;
      }
    }
  }
}

// All bursts under way but one fail: the first that is answered is recorded, each is counted.
TEST(Errors, FirstOfManyErrorsIsRecorded) {
  bool overtaken = false;
  for (const MemoryTiming& timing : timings()) {
    Chip chip = small_chip(1);
    chip.memory.timing = timing;
    RequestWatch requests;
    requests.attach(chip);
    Session session(chip, kSetup);
    session.post(2);
    const Piece piece = session.next_buffer().pieces[0];
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_BUS_ERR);
    session.capture.start(true);
    // DECERR on the second burst, SLVERR from the third on; their answers come together.
    chip.memory.faults = {{piece.address + 128, piece.address + 256, false, kDecodeError},
                          {piece.address + 256, piece.address + piece.length, false, kSlaveError}};
    chip.memory.hold_responses = true;
    session.send();
    ASSERT_TRUE(chip.run_until([&] { return VCAP_STATUS_OUTSTANDING(chip.read(VCAP_STATUS)) == kMaxOutstanding; }));
    chip.memory.hold_responses = false;
    ASSERT_TRUE(chip.run_until([&] { return chip.memory.failed_write_response != 0; }));
    const uint64_t first = chip.memory.failed_write;
    overtaken |= first != chip.memory.bursts[1].address;
    expect_halt_and_recovery(chip, session, requests,
                             {VCAP_ACCESS_DATA_WRITE, chip.memory.failed_write_response, 0, first}, {});
    EXPECT_EQ(chip.memory.errors_answered, kMaxOutstanding - 1);
  }
  EXPECT_TRUE(overtaken) << "no answer overtook another";
}

TEST(Errors, CompletionWrite) {
  for (const uint8_t response : {kExclusiveOkay, kSlaveError, kDecodeError}) {
    for (const MemoryTiming& timing : timings()) {
      for (uint32_t failing = 0; failing < 4; ++failing) {
        SCOPED_TRACE(testing::Message() << "response " << int{response} << ", record " << failing);
        Chip chip = small_chip(failing);
        chip.memory.timing = timing;
        RequestWatch requests;
        requests.attach(chip);
        Session session(chip, kSetup, failing);
        session.post(6);
        chip.write(VCAP_INTR_ENABLE, VCAP_INTR_BUS_ERR);
        session.capture.start(true);
        const uint64_t record = session.capture.record_address(failing);
        chip.memory.faults.push_back({record + 24, record + 32, false, response});
        std::vector<uint32_t> delivered;
        for (uint32_t i = 0; i <= failing; ++i) {
          session.send();
          if (i < failing) delivered.push_back(i);
        }
        expect_halt_and_recovery(chip, session, requests, {VCAP_ACCESS_CPL_WRITE, response, failing, record},
                                 delivered);
      }
    }
  }
}

// The prefetch fails at descriptor `failing`; frames before it that were whole by then are delivered.
TEST(Errors, DescriptorReadAtAnyDescriptor) {
  for (const uint8_t response : {kExclusiveOkay, kSlaveError, kDecodeError}) {
    for (const MemoryTiming& timing : timings()) {
      for (uint32_t failing = 0; failing < 20; ++failing) {
        SCOPED_TRACE(testing::Message() << "response " << int{response} << ", latency " << timing.max_latency
                                        << ", descriptor " << failing);
        Chip chip = small_chip(failing + response);
        chip.memory.timing = timing;
        RequestWatch requests;
        requests.attach(chip);
        Session session(chip, kSetup, failing);
        for (uint32_t buffers = 0; session.capture.tail() < 20; ++buffers) {
          Buffer buffer;
          const uint32_t bytes = session.capture.frame_bytes();
          for (uint32_t i = 0; i < 4; ++i) buffer.pieces.push_back(session.capture.allocate(bytes / 4, i));
          session.post(buffer);
        }
        const uint64_t address = session.capture.descriptor_address(failing);
        chip.memory.faults.push_back({address + 8, address + 16, true, response});
        chip.write(VCAP_INTR_ENABLE, VCAP_INTR_BUS_ERR);
        session.capture.start(true);
        session.capture.doorbell();
        for (uint32_t i = 0; i < 5; ++i) session.send();
        ASSERT_TRUE(chip.run_until([&] { return chip.memory.errors_answered != 0; }));
        std::vector<uint32_t> delivered;
        ASSERT_TRUE(session.capture.wait_started(5));
        for (uint32_t i = 0; i < chip.read(VCAP_CNT_FRAMES); ++i) delivered.push_back(i);
        EXPECT_LE(delivered.size(), failing / 4);
        // Reads are up to eight descriptors and begin where the one before ended or a page or the ring begins.
        const uint32_t cause = chip.read(VCAP_ERR_CAUSE);
        EXPECT_EQ(VCAP_ERR_INDEX(cause), failing);
        const uint64_t burst = chip.memory.failed_read;
        EXPECT_LE(burst, address);
        EXPECT_GT(burst + kBeatBytes * kMaxBurst, address);
        expect_halt_and_recovery(chip, session, requests, {VCAP_ACCESS_DESC_READ, response, failing, burst}, delivered);
      }
    }
  }
}

// The prefetch fails in every cycle of a frame's life, the writing of its record among them: delivered or dropped, but
// never a record that the counters and CPL_HEAD know nothing of.
TEST(Errors, PrefetchFailsInEveryCycleOfAFrame) {
  uint32_t kept = 0, lost = 0;
  for (uint32_t cycles = 0; cycles < 260; ++cycles) {
    SCOPED_TRACE(testing::Message() << "doorbell after " << cycles << " cycles");
    Chip chip = small_chip(cycles);
    chip.memory.timing.min_latency = chip.memory.timing.max_latency = 12;
    Session session(chip, {.width = 20, .height = 4}, cycles);
    session.post(1);
    session.capture.start(true);
    const uint64_t second = session.capture.descriptor_address(1);
    chip.memory.faults.push_back({second, second + 16, true, kSlaveError});
    session.post(session.capture.whole());
    session.send();
    chip.run(cycles);
    session.capture.doorbell();
    ASSERT_TRUE(session.capture.wait_started(1));
    ASSERT_TRUE(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0; }));
    const size_t delivered = session.finish().size();
    EXPECT_EQ(session.capture.counters(), (Counters{.frames = static_cast<uint32_t>(delivered),
                                                    .dropped = static_cast<uint32_t>(1 - delivered),
                                                    .buserr = 1,
                                                    .started = 1}));
    ++(delivered != 0 ? kept : lost);
    if (delivered == 0) session.capture.expect_remains(session.next_buffer());
    session.capture.check_memory();
    expect_clean_bus(chip);
  }
  EXPECT_GT(kept, 0u);
  EXPECT_GT(lost, 0u);
}

// The record lies ready behind bursts of its frame that were not issued yet, and never will be.
TEST(Errors, PrefetchFailsWhileTheRecordLiesBehindItsFrame) {
  Chip chip = small_chip(1);
  Session session(chip, {.width = 20, .height = 4});
  session.post(1);
  session.capture.start(true);
  const uint64_t second = session.capture.descriptor_address(1);
  chip.memory.faults.push_back({second, second + 16, true, kSlaveError});
  session.post(session.capture.whole());
  chip.memory.hold_writes = true;
  session.send();
  chip.run(400);
  session.capture.doorbell();
  ASSERT_TRUE(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0; }));
  chip.memory.hold_writes = false;
  EXPECT_TRUE(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_IN_FRAME) == 0; }, 2000));
  EXPECT_TRUE(session.finish().empty());
  EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 1, .buserr = 1, .started = 1}));
  EXPECT_EQ(chip.memory.bursts.size(), 1u) << "a burst was issued after the halt";
  session.capture.expect_remains(session.next_buffer());
  session.capture.check_memory();
  expect_clean_bus(chip);
}

// A descriptor read is under way, and will fail, when its frame turns out broken: no error is passed over.
TEST(Errors, DescriptorReadThatNobodyNeedsAnyMore) {
  uint32_t in_time = 0;
  for (uint32_t cycles = 0; cycles < 120; cycles += 2) {
    SCOPED_TRACE(testing::Message() << "doorbell after " << cycles << " cycles");
    Chip chip = small_chip(cycles);
    chip.memory.timing.min_latency = chip.memory.timing.max_latency = 40;
    Session session(chip, {.width = 20, .height = 4}, cycles);
    session.post(1);
    session.capture.start(true);
    const uint64_t second = session.capture.descriptor_address(1);
    chip.memory.faults.push_back({second, second + 16, true, kSlaveError});
    session.post(session.capture.whole());
    Lines lines = session.capture.new_frame().lines();
    lines[3].push_back(1);
    session.send_broken(lines);
    chip.run(cycles);
    session.capture.doorbell();
    ASSERT_TRUE(session.capture.wait_started(1));
    ASSERT_TRUE(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0; }));
    EXPECT_EQ(chip.memory.errors_answered, 1u);
    const Counters counters = session.capture.counters();
    EXPECT_EQ(counters.buserr, 1u);
    EXPECT_EQ(counters.dropped, 1u);
    in_time += counters.format;
    EXPECT_EQ(chip.read(VCAP_ERR_CAUSE), kSlaveError | VCAP_ACCESS_DESC_READ << 2 | 1u << 16);
  }
  EXPECT_GT(in_time, 0u);
}

struct BadRing {
  const char* name;
  // {length as a part of the frame in quarters (0: zero bytes), flags}; a good frame's buffer comes before.
  struct Entry {
    uint32_t quarters, flags;
  };
  std::vector<Entry> entries;
  uint32_t bad;  // which of them
};

TEST(Errors, DescriptorsThatMakeNoSense) {
  constexpr uint32_t kFirst = VCAP_DESC_FIRST, kLast = VCAP_DESC_LAST;
  const BadRing rings[] = {
      {"only piece empty", {{0, kFirst | kLast}}, 0},
      {"first piece empty", {{0, kFirst}, {4, kLast}}, 0},
      {"middle piece empty", {{2, kFirst}, {0, 0}, {2, kLast}}, 1},
      {"last piece empty", {{2, kFirst}, {0, kLast}}, 1},
      {"surplus piece empty", {{4, kFirst}, {1, 0}, {0, kLast}}, 2},
      {"FIRST missing", {{4, kLast}}, 0},
      {"FIRST missing, more pieces", {{2, 0}, {2, kLast}}, 0},
      {"no flags", {{4, 0}, {4, kFirst | kLast}}, 0},
      {"LAST missing before a new FIRST", {{2, kFirst}, {4, kFirst | kLast}}, 1},
      {"LAST missing after the whole frame", {{4, kFirst}, {4, kFirst | kLast}}, 1},
      {"FIRST twice", {{1, kFirst}, {1, 0}, {2, kFirst | kLast}}, 2},
      {"FIRST in the surplus", {{4, kFirst}, {1, 0}, {1, kFirst | kLast}}, 2},
  };
  for (const BadRing& ring : rings) {
    for (const MemoryTiming& timing : timings()) {
      SCOPED_TRACE(testing::Message() << ring.name << ", latency " << timing.max_latency);
      Chip chip = small_chip(7);
      chip.memory.timing = timing;
      RequestWatch requests;
      requests.attach(chip);
      Session session(chip, kSetup, 7);
      session.post(1);
      Buffer remains;
      for (const BadRing::Entry& entry : ring.entries) {
        const Piece piece = session.capture.allocate(session.capture.frame_bytes() / 4 * entry.quarters, 5);
        if (piece.length != 0) remains.pieces.push_back(piece);
        session.capture.post_descriptor(piece.address, piece.length, entry.flags);
      }
      session.capture.doorbell();
      chip.write(VCAP_INTR_ENABLE, VCAP_INTR_DESC_ERR);
      session.capture.start(true);
      session.send();
      session.send();
      ASSERT_TRUE(session.capture.wait_started(2));
      session.capture.expect_remains(remains);
      const uint32_t index = 1 + ring.bad;
      expect_halt_and_recovery(chip, session, requests,
                               {VCAP_ACCESS_BAD_DESC, 0, index, session.capture.descriptor_address(index)}, {0});
    }
  }
}

// A ring that ends within a buffer breaks the contract of the doorbell; the chip waits for the rest, and a soft reset
// gets it out.
TEST(Errors, RingThatEndsWithinABuffer) {
  for (const bool rest_comes : {false, true}) {
    for (const uint32_t frames : {1u, 6u}) {
      SCOPED_TRACE(testing::Message() << frames << " frames, rest comes: " << rest_comes);
      Chip chip;
      Session session(chip, kSetup);
      const uint32_t bytes = session.capture.frame_bytes();
      Buffer buffer;
      buffer.pieces = {session.capture.allocate(bytes / 2, 3), session.capture.allocate(bytes - bytes / 2, 1)};
      session.post(buffer);
      chip.write(VCAP_RING_TAIL, 1);
      session.capture.start(false);
      for (uint32_t i = 0; i < frames; ++i) session.send();
      ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
      chip.run(500);
      EXPECT_EQ(chip.read(VCAP_CNT_FRAMES), 0u);
      if (rest_comes) {
        session.capture.doorbell();
        EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
      } else {
        session.capture.expect_remains(session.next_buffer());
        session.restart();
        EXPECT_EQ(chip.read(VCAP_STATUS), VCAP_STATUS_IDLE);
        session.post(1);
        session.capture.start(false);
        session.send();
        EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
      }
      session.close();
    }
  }
}

}  // namespace
}  // namespace p2p::rtltest
