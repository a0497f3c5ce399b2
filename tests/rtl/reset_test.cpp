// SOFT_RESET and clearing ENABLE in every cycle of a frame's life: what is under way on the bus is finished by the
// rules, IDLE and DRAINED tell the truth, memory holds what the records say and the chip works afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr CaptureSetup kSetup{.width = 20, .height = 4, .ring_log2 = 6, .completion_log2 = 3};
constexpr uint32_t kFrames = 3;

// IDLE promises silence: no request at the pins, nothing unanswered. A frame in flight is part of RUNNING.
void watch_idle(Chip& chip) {
  chip.watch = [&chip](const Vvcap& pins) {
    if ((chip.status() & VCAP_STATUS_IN_FRAME) != 0) {
      EXPECT_NE(chip.status() & VCAP_STATUS_RUNNING, 0u) << "STATUS.RUNNING with STATUS.IN_FRAME";
    }
    if ((chip.status() & VCAP_STATUS_IDLE) == 0) return;
    EXPECT_FALSE(pins.m_axi_awvalid || pins.m_axi_wvalid || pins.m_axi_arvalid) << "request while STATUS.IDLE";
    EXPECT_TRUE(chip.memory.quiet()) << "unanswered access while STATUS.IDLE";
  };
}

struct Conditions {
  const char* name;
  uint64_t pixel_period_ps;
  uint32_t pause;  // pixel cycles between frames
  MemoryTiming timing;
};

const Conditions kConditions[] = {
    {"fast memory", 13468, 40, {}},
    {"slow memory",
     13468,
     10,
     {.aw_stall = 50, .w_stall = 50, .ar_stall = 50, .r_stall = 50, .min_latency = 20, .max_latency = 50}},
    {"fast pixels", 3030, 0, {.min_latency = 30, .max_latency = 30}},
};

// A chip in the middle of things: buffers posted, frames coming in.
struct Scene {
  Chip chip;
  Capture capture;
  std::vector<Buffer> buffers;
  std::vector<Frame> frames;
  std::vector<uint8_t> memory_before;

  Scene(const Conditions& conditions, const CaptureSetup& setup, uint32_t seed)
      : chip({.pixel_period_ps = conditions.pixel_period_ps, .seed = seed, .memory_size = size_t{64} << 10}),
        capture(chip, setup, seed) {
    watch_idle(chip);
    chip.memory.timing = conditions.timing;
    post();
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_DRAINED);
    capture.start(false);
    chip.video.pause(30);
    for (uint32_t i = 0; i < kFrames; ++i) {
      frames.push_back(capture.new_frame());
      chip.video.send(frames.back());
      chip.video.pause(conditions.pause);
    }
    memory_before = chip.memory.bytes;
  }
  void post() {
    buffers.clear();
    for (uint32_t i = 0; i < kFrames + 1; ++i) {
      buffers.push_back(capture.scattered(17, 70));
      capture.post(buffers.back());
    }
    capture.doorbell();
  }
  bool record_written(uint32_t index) {
    const size_t at = static_cast<size_t>(capture.record_address(index) - chip.memory.base());
    return std::memcmp(&memory_before[at], &chip.memory.bytes[at], sizeof(VCAP_COMPLETION)) != 0;
  }
  // Records are whole, in order, and their frames are in memory; other buffers may hold pieces of frames.
  uint32_t check_records() {
    uint32_t records = 0;
    while (records < kFrames && record_written(records)) {
      capture.expect_frame(records, buffers[records], frames[records], records, false);
      ++records;
    }
    for (uint32_t i = records; i < buffers.size(); ++i) capture.expect_remains(buffers[i]);
    capture.check_memory();
    expect_clean_bus(chip);
    return records;
  }
  // After everything else: a fresh frame is captured whole.
  void check_capture(uint32_t record, uint32_t sequence) {
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.run(50);
    capture.start(false);
    const Frame frame = capture.new_frame();
    chip.video.send(frame);
    ASSERT_TRUE(capture.wait_head(record + 1));
    capture.expect_frame(record, buffers[record], frame, sequence, false);
    capture.stop();
    capture.check_memory();
    expect_clean_bus(chip);
  }
};

TEST(Reset, SoftResetInEveryCycle) {
  for (const Conditions& conditions : kConditions) {
    uint32_t most_records = 0;
    bool over = false;
    for (uint32_t cycles = 0; !over; ++cycles) {
      SCOPED_TRACE(testing::Message() << conditions.name << ", SOFT_RESET after " << cycles << " cycles");
      ASSERT_LT(cycles, 2000u);
      Scene scene(conditions, kSetup, 1);
      scene.chip.run(cycles);
      over = scene.chip.read(VCAP_CPL_HEAD) == kFrames;
      scene.chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET | VCAP_CTRL_ENABLE);
      ASSERT_TRUE(scene.chip.run_until([&] { return scene.chip.interrupt(); }, 2000)) << "intr_o for DRAINED";
      EXPECT_TRUE(scene.chip.memory.quiet());
      EXPECT_EQ(scene.chip.status(), VCAP_STATUS_IDLE);
      EXPECT_EQ(scene.chip.read(VCAP_INTR_STATE), VCAP_INTR_DRAINED);
      EXPECT_EQ(scene.chip.read(VCAP_CTRL), 0u);
      EXPECT_EQ(scene.capture.counters(), Counters{});
      for (const uint32_t reg : {VCAP_RING_HEAD, VCAP_RING_TAIL, VCAP_CPL_HEAD, VCAP_CPL_TAIL, VCAP_ERR_CAUSE}) {
        EXPECT_EQ(scene.chip.read(reg), 0u) << "register " << std::hex << reg;
      }
      const uint32_t records = scene.check_records();
      EXPECT_GE(records, most_records);
      most_records = std::max(most_records, records);
      scene.chip.run(300);
      scene.capture.check_memory();
      scene.capture.forget_rings();
      scene.post();
      scene.check_capture(0, 0);
    }
    EXPECT_EQ(most_records, kFrames);
  }
}

TEST(Reset, SoftResetKeepsSetupAndTime) {
  Chip chip;
  Capture capture(chip, {.width = 46, .height = 7, .stride = 100, .ring_log2 = 7, .completion_log2 = 5});
  chip.write(VCAP_INTR_ENABLE, 0x55);
  chip.write(VCAP_COALESCE, 9);
  chip.write(VCAP_COALESCE_TIMEOUT, 12345);
  const uint32_t kept[] = {VCAP_INTR_ENABLE,  VCAP_COALESCE,     VCAP_COALESCE_TIMEOUT, VCAP_RING_BASE_LO,
                           VCAP_RING_BASE_HI, VCAP_RING_SIZE,    VCAP_CPL_BASE_LO,      VCAP_CPL_BASE_HI,
                           VCAP_CPL_SIZE,     VCAP_FORMAT_WIDTH, VCAP_FORMAT_HEIGHT,    VCAP_FORMAT_STRIDE};
  std::vector<uint32_t> before;
  for (const uint32_t reg : kept) before.push_back(chip.read(reg));
  chip.write(VCAP_CTRL, VCAP_CTRL_ENABLE | VCAP_CTRL_STALL);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_ALL);
  chip.write(VCAP_RING_TAIL, 5);
  chip.write(VCAP_CPL_TAIL, 5);
  const uint64_t early = chip.cycle();
  capture.soft_reset();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(chip.read(kept[i]), before[i]) << std::hex << kept[i];
  EXPECT_EQ(chip.read(VCAP_CTRL), 0u);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_DRAINED);
  EXPECT_EQ(chip.read(VCAP_RING_TAIL), 0u);
  EXPECT_EQ(chip.read(VCAP_CPL_TAIL), 0u);
  EXPECT_GT(chip.read(VCAP_TIMESTAMP_LO), early);
}

// While memory does not answer, the reset does not end: it reads as one, and writes to CTRL change nothing.
TEST(Reset, SoftResetWaitsForEveryAnswer) {
  struct Case {
    const char* name;
    std::function<void(AxiMemory&)> hold, release;
  };
  const Case cases[] = {
      {"write requests", [](AxiMemory& m) { m.hold_writes = true; }, [](AxiMemory& m) { m.hold_writes = false; }},
      {"write responses", [](AxiMemory& m) { m.hold_responses = true; },
       [](AxiMemory& m) { m.hold_responses = false; }},
      {"descriptor request", [](AxiMemory& m) { m.hold_reads = true; }, [](AxiMemory& m) { m.hold_reads = false; }},
      {"descriptor data", [](AxiMemory& m) { m.timing.min_latency = m.timing.max_latency = 2500; }, [](AxiMemory&) {}},
  };
  for (const Case& unanswered : cases) {
    SCOPED_TRACE(unanswered.name);
    Chip chip;
    Capture capture(chip, kSetup);
    watch_idle(chip);
    Buffer buffer = capture.scattered(17, 70);
    capture.post(buffer);
    unanswered.hold(chip.memory);
    capture.doorbell();
    capture.start(true);
    chip.video.send(capture.new_frame());
    chip.run(500);
    EXPECT_EQ(chip.status() & VCAP_STATUS_IDLE, 0u);
    chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
    const size_t bursts = chip.memory.bursts.size();
    for (uint32_t i = 0; i < 50; ++i) {
      EXPECT_EQ(chip.read(VCAP_CTRL), VCAP_CTRL_SOFT_RESET);
      EXPECT_EQ(chip.read(VCAP_STATUS) & (VCAP_STATUS_RESETTING | VCAP_STATUS_IDLE), VCAP_STATUS_RESETTING);
      EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
      chip.write(VCAP_CTRL, VCAP_CTRL_ENABLE | VCAP_CTRL_STALL | VCAP_CTRL_SOFT_RESET);
    }
    EXPECT_LE(chip.memory.bursts.size(), bursts + 1) << "m_axi_awvalid during reset";
    unanswered.release(chip.memory);
    ASSERT_TRUE(chip.run_until([&] { return chip.read(VCAP_CTRL) == 0; }, 1000));
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_DRAINED);
    capture.expect_remains(buffer);
    capture.check_memory();
    expect_clean_bus(chip);
  }
}

// Full FIFOs, a source held off by STALL, a frame that never ends: reset clears them all.
TEST(Reset, SoftResetOutOfAnyJam) {
  for (const bool stall : {false, true}) {
    for (const uint32_t beats : {3u, 1000u, 4000u}) {
      SCOPED_TRACE(testing::Message() << "STALL " << stall << ", " << beats << " beats of a frame without an end");
      Chip chip;
      Session session(chip, {.width = 100, .height = 100});
      watch_idle(chip);
      chip.memory.hold_writes = true;
      session.post(2);
      session.capture.start(stall);
      Lines lines;
      for (uint32_t sent = 0; sent < beats; ++sent) {
        if (sent % 50 == 0) lines.emplace_back();
        lines.back().push_back(sent);
      }
      chip.video.send(lines);
      chip.run(beats * 2 + 200);
      chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
      chip.memory.hold_writes = false;
      ASSERT_TRUE(chip.run_until([&] { return chip.read(VCAP_CTRL) == 0; }, 6000));
      session.capture.expect_remains(session.next_buffer());
      ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; })) << "s_axis_video_tready";
      session.restart();
      session.post(2);
      session.capture.start(stall);
      session.send();
      session.send();
      EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
      session.close();
    }
  }
}

TEST(Reset, EnableClearedInEveryCycle) {
  for (const Conditions& conditions : kConditions) {
    uint32_t fewest = kFrames, most = 0;
    for (uint32_t cycles = 0; cycles < 480; ++cycles) {
      SCOPED_TRACE(testing::Message() << conditions.name << ", ENABLE cleared after " << cycles << " cycles");
      Scene scene(conditions, kSetup, 2);
      Chip& chip = scene.chip;
      const uint64_t beats = kSetup.width / 2 * kSetup.height;
      chip.run(cycles);
      const uint64_t begun_before = (chip.video.taken() + beats - 1) / beats;
      chip.start_write(VCAP_CTRL, 0);
      ASSERT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 4000)) << "intr_o for DRAINED";
      EXPECT_TRUE(chip.memory.quiet());
      EXPECT_EQ(chip.status() & (VCAP_STATUS_IDLE | VCAP_STATUS_RUNNING | VCAP_STATUS_IN_FRAME), VCAP_STATUS_IDLE);
      const uint64_t begun_after = (chip.video.taken() + beats - 1) / beats;
      const Counters counters = scene.capture.counters();
      EXPECT_GE(counters.started, begun_before);
      EXPECT_LE(counters.started, begun_after);
      EXPECT_EQ(counters, (Counters{.frames = counters.started, .started = counters.started}));
      EXPECT_EQ(chip.read(VCAP_CPL_HEAD), counters.frames);
      EXPECT_EQ(scene.check_records(), counters.frames);
      chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
      chip.run(200);
      EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u) << "after DRAINED";
      fewest = std::min(fewest, counters.frames);
      most = std::max(most, counters.frames);
      scene.check_capture(counters.frames, counters.frames);
    }
    EXPECT_EQ(fewest, 0u);
    EXPECT_EQ(most, kFrames);
  }
}

// The first `count` records deliver frames that were sent, in order; which were left out only their pixels tell.
void expect_some_delivered(Capture& capture, const std::vector<Buffer>& buffers, const std::vector<Frame>& frames,
                           uint32_t count) {
  size_t candidate = 0;
  for (uint32_t i = 0; i < count; ++i) {
    while (candidate < frames.size() && !capture.holds(buffers[i], frames[candidate])) ++candidate;
    ASSERT_LT(candidate, frames.size()) << "record " << i << " delivers no frame that was sent";
    capture.expect_frame(i, buffers[i], frames[candidate++], i, false);
  }
}

// ENABLE on for a few cycles only, perhaps too few for the pixel clock to see: after DRAINED nothing comes any more.
TEST(Reset, EnablePulsesOfAnyLengthEndWithDrained) {
  uint32_t captured = 0, missed = 0;
  for (const uint64_t period : {3030ull, 13468ull, 74002ull}) {
    for (uint32_t length = 0; length < 30; length += length < 12 ? 1 : 5) {
      for (uint32_t phase = 0; phase < 40; phase += 3) {
        SCOPED_TRACE(testing::Message() << "pixel clock " << period << " ps, " << length << " cycles more, phase "
                                        << phase);
        Chip chip({.pixel_period_ps = period, .memory_size = size_t{64} << 10});
        Capture capture(chip, {.width = 6, .height = 2, .completion_log2 = 5});
        watch_idle(chip);
        chip.write(VCAP_INTR_ENABLE, VCAP_INTR_DRAINED);
        std::vector<Buffer> buffers;
        for (uint32_t i = 0; i < 30; ++i) {
          buffers.push_back(capture.whole(i));
          capture.post(buffers.back());
        }
        capture.doorbell();
        std::vector<Frame> frames;
        for (uint32_t i = 0; i < 60; ++i) {
          frames.push_back(capture.new_frame());
          chip.video.send(frames.back());
        }
        chip.run(phase);
        chip.write(VCAP_CTRL, VCAP_CTRL_ENABLE);
        chip.run(length);
        chip.write(VCAP_CTRL, 0);
        ASSERT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 2000)) << "intr_o for DRAINED";
        EXPECT_EQ(chip.status() & (VCAP_STATUS_IDLE | VCAP_STATUS_RUNNING), VCAP_STATUS_IDLE);
        const Counters counters = capture.counters();
        const size_t bursts = chip.memory.bursts.size();
        chip.run(300);
        EXPECT_EQ(capture.counters(), counters) << "after DRAINED";
        EXPECT_EQ(chip.memory.bursts.size(), bursts) << "m_axi_awvalid after DRAINED";
        EXPECT_EQ(counters, (Counters{.frames = counters.started, .started = counters.started}));
        ASSERT_LE(counters.frames, buffers.size());
        expect_some_delivered(capture, buffers, frames, counters.frames);
        capture.check_memory();
        expect_clean_bus(chip);
        ++(counters.started != 0 ? captured : missed);
      }
    }
  }
  EXPECT_GT(captured, 0u);
  EXPECT_GT(missed, 0u);
}

// The same ended by a second SOFT_RESET, soon after a first.
TEST(Reset, EnablePulsesBetweenSoftResetsLeaveNothingBehind) {
  for (const uint64_t period : {3030ull, 13468ull, 74002ull}) {
    for (uint32_t length = 0; length < 30; length += length < 12 ? 1 : 5) {
      for (uint32_t phase = 0; phase < 40; phase += 5) {
        SCOPED_TRACE(testing::Message() << "pixel clock " << period << " ps, " << length << " cycles more, phase "
                                        << phase);
        Chip chip({.pixel_period_ps = period, .memory_size = size_t{64} << 10});
        Capture capture(chip, {.width = 6, .height = 2, .completion_log2 = 5});
        watch_idle(chip);
        Buffer buffer = capture.whole();
        for (uint32_t i = 0; i < 60; ++i) chip.video.send(capture.new_frame());
        chip.run(phase);
        capture.soft_reset();
        capture.post(buffer);
        capture.doorbell();
        chip.write(VCAP_CTRL, VCAP_CTRL_ENABLE);
        chip.run(length);
        capture.soft_reset();
        EXPECT_EQ(chip.status(), VCAP_STATUS_IDLE);
        const std::vector<uint8_t> before = chip.memory.bytes;
        chip.run(300);
        EXPECT_EQ(chip.status(), VCAP_STATUS_IDLE);
        EXPECT_EQ(capture.counters(), Counters{});
        EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_DRAINED);
        EXPECT_EQ(chip.memory.bytes, before);
        ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
        capture.post(buffer);
        capture.doorbell();
        capture.start(false);
        const Frame frame = capture.new_frame();
        chip.video.send(frame);
        ASSERT_TRUE(capture.wait_head(1));
        capture.expect_frame(0, buffer, frame, 0, false);
        expect_clean_bus(chip);
      }
    }
  }
}

// ENABLE off and on again in any cycle: frames may be left out, but those started are delivered, in order and whole.
TEST(Reset, EnableBlinksInEveryCycle) {
  for (const Conditions& conditions : kConditions) {
    for (uint32_t cycles = 0; cycles < 330; cycles += 2) {
      SCOPED_TRACE(testing::Message() << conditions.name << ", off after " << cycles << " cycles");
      Scene scene(conditions, kSetup, 3);
      Chip& chip = scene.chip;
      chip.run(cycles);
      chip.write(VCAP_CTRL, 0);
      chip.run(cycles % 13);
      chip.write(VCAP_CTRL, VCAP_CTRL_ENABLE);
      ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
      chip.run(30);
      ASSERT_TRUE(chip.run_until([&] { return (chip.status() & VCAP_STATUS_IDLE) != 0; }, 4000));
      const Counters counters = scene.capture.counters();
      EXPECT_EQ(counters, (Counters{.frames = counters.started, .started = counters.started}));
      ASSERT_LE(counters.frames, kFrames);
      expect_some_delivered(scene.capture, scene.buffers, scene.frames, counters.frames);
      scene.capture.stop();
      scene.capture.check_memory();
      expect_clean_bus(chip);
    }
  }
}

}  // namespace
}  // namespace p2p::rtltest
