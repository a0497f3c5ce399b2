// Completion records: when they become visible and are reported, what times, phases and numbers they carry.
#include <gtest/gtest.h>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{64} << 10};
constexpr CaptureSetup kSetup{.width = 10, .height = 4};

// When the line rises the reported records and their frames are in memory; CPL_HEAD never counts one that is not.
TEST(Records, RecordsAndFramesAreInMemoryBeforeTheyAreReported) {
  for (const uint32_t count : {1u, 3u}) {
    for (uint32_t seed = 1; seed <= 6; ++seed) {
      SCOPED_TRACE(testing::Message() << "COALESCE " << count << ", seed " << seed);
      constexpr uint32_t kFrames = 9;
      Random random(seed);
      Chip chip({.seed = seed, .memory_size = size_t{128} << 10});
      chip.memory.timing = {random.between(0, 60), random.between(0, 60), 0, 0, random.between(1, 30), 80};
      Capture capture(chip, {.width = 30, .height = 6, .ring_log2 = 9, .completion_log2 = 4}, seed);
      chip.write(VCAP_COALESCE, count);
      chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
      std::vector<Buffer> buffers;
      std::vector<Frame> frames;
      for (uint32_t i = 0; i < kFrames; ++i) {
        buffers.push_back(capture.scattered(10, 200));
        frames.push_back(capture.new_frame());
        capture.post(buffers.back());
      }
      capture.doorbell();
      capture.start(true);
      for (const Frame& frame : frames) chip.video.send(frame);
      const auto in_memory = [&](uint32_t index) {
        const VCAP_COMPLETION record = capture.record(index);
        return record.Index == buffers[index].last_index && record.Cookie == buffers[index].cookie &&
               record.Sequence == index && capture.holds(buffers[index], frames[index]);
      };
      uint32_t reported = 0;
      bool line = false;
      chip.watch = [&](const Vvcap& pins) {
        if (pins.intr_o && !line) {
          for (const uint32_t end = reported + count; reported < end; ++reported) {
            EXPECT_TRUE(in_memory(reported)) << "intr_o rises before record " << reported;
          }
        }
        line = pins.intr_o != 0;
      };
      for (uint32_t head = 0; head < kFrames;) {
        const uint32_t now = chip.read(VCAP_CPL_HEAD);
        for (; head < now; ++head) EXPECT_TRUE(in_memory(head)) << "CPL_HEAD counts record " << head;
        if (chip.interrupt()) chip.write(VCAP_INTR_STATE, VCAP_INTR_FRAME_DONE);
        ASSERT_LT(chip.cycle(), 100000u);
      }
      chip.run(10);
      EXPECT_EQ(reported, kFrames);
    }
  }
}

// Start: when the pins took the first beat, however long the second takes. End: when the last data was answered,
// however long the surplus of the buffer.
TEST(Records, RecordsTellTheTimeOfTheFirstBeatAndOfTheLastAnswer) {
  for (const uint64_t period : {3030ull, 7998ull, 13468ull, 37004ull, 74002ull}) {
    for (const uint32_t pause : {0u, 1u, 50u}) {
      for (const uint32_t surplus_pieces : {0u, 40u}) {
        SCOPED_TRACE(testing::Message() << "pixel clock " << period << " ps, " << pause
                                        << " cycles after the first beat, " << surplus_pieces << " pieces of surplus");
        Chip chip({.pixel_period_ps = period, .memory_size = size_t{64} << 10});
        chip.memory.timing.min_latency = chip.memory.timing.max_latency = 30;
        Session session(chip, {.width = 10, .height = 4, .ring_log2 = 8});
        for (uint32_t i = 0; i < 4; ++i) {
          Buffer buffer = session.capture.whole(i);
          for (uint32_t more = 0; more < surplus_pieces; ++more)
            buffer.pieces.push_back(session.capture.allocate(9, 3));
          session.post(buffer);
        }
        session.capture.doorbell();
        session.capture.start(false);
        std::vector<uint64_t> answers;
        uint64_t seen = 0;
        chip.watch = [&](const Vvcap&) {
          // The record's own answer is the last before the next frame begins.
          if (chip.memory.last_response_cycle == seen) return;
          seen = chip.memory.last_response_cycle;
          answers.push_back(seen);
        };
        for (uint32_t i = 0; i < 4; ++i) {
          answers.clear();
          chip.video.pause_within(pause);
          session.send();
          ASSERT_EQ(session.finish(), std::vector<uint32_t>{i});
          const VCAP_COMPLETION record = session.capture.record(i);
          ASSERT_EQ(chip.starts_taken.size(), i + 1);
          EXPECT_GE(record.StartTime, chip.starts_taken[i] + 2);
          EXPECT_LE(record.StartTime, chip.starts_taken[i] + 4);
          ASSERT_GE(answers.size(), 2u);
          EXPECT_EQ(record.EndTime, answers[answers.size() - 2]);
        }
        session.close();
      }
    }
  }
}

TEST(Records, TimesKeepTheirHalvesTogetherAcrossTheCarry) {
  uint32_t across = 0;
  for (uint64_t before = 20; before < 200; before += 2) {
    SCOPED_TRACE(before);
    const uint64_t start = (uint64_t{1} << 32) - before;
    Chip chip(kSmall);
    Session session(chip, kSetup);
    session.post(1);
    session.capture.start(false);
    chip.preset_timestamp(start);
    session.send();
    EXPECT_TRUE(session.capture.wait_head(1));
    const VCAP_COMPLETION record = session.capture.record(0);
    EXPECT_GT(record.StartTime, start);
    EXPECT_GT(record.EndTime, record.StartTime);
    EXPECT_LT(record.EndTime, start + 200);
    if (record.StartTime >> 32 != record.EndTime >> 32) ++across;
    const uint64_t time = chip.time();
    EXPECT_GT(time, record.EndTime);
    EXPECT_LT(time, start + 400);
  }
  EXPECT_GT(across, 0u);
}

// PHASE tells passes apart for every size of ring, also where the 16-bit index begins again.
TEST(Records, PhaseChangesWithEveryPassAndIndicesPass65536) {
  for (const uint32_t log2 : {1u, 2u, 5u, 15u}) {
    SCOPED_TRACE(log2);
    Chip chip;
    Capture capture(chip, {.width = 4, .height = 1, .ring_log2 = 2, .completion_log2 = log2});
    const uint32_t begin = 0x10000 - 11;
    chip.preset_completion_index(static_cast<uint16_t>(begin));
    capture.release_completions(begin & 0xFFFF);
    capture.start(false);
    uint32_t phases = 0;
    for (uint32_t i = 0; i < 80; ++i) {
      Buffer buffer = capture.whole();
      capture.post(buffer);
      capture.doorbell();
      const Frame frame = capture.new_frame();
      chip.video.send(frame);
      ASSERT_TRUE(capture.wait_head(begin + i + 1));
      capture.expect_frame(begin + i, buffer, frame, i, false);
      phases |= 1u << (capture.record(begin + i).Flags & VCAP_CPL_PHASE);
      capture.release_completions((begin + i + 1) & 0xFFFF);
    }
    EXPECT_EQ(phases, 3u);
    capture.stop();
    capture.check_memory();
    expect_clean_bus(chip);
  }
}

// Numbers count what started while enabled, lost or not; time spent disabled leaves no trace.
TEST(Records, SequenceNumbersCountEveryStartedFrame) {
  Chip chip(kSmall);
  Session session(chip, kSetup);
  session.post(6);
  uint32_t broken = 0;
  for (uint32_t round = 0; round < 6; ++round) {
    session.capture.start(false);
    for (uint32_t i = 0; i < round % 3; ++i, ++broken) session.send_broken({{1, 2, 3}});
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{session.sent() - 1});
    session.capture.stop();
    chip.video.send(session.capture.new_frame());  // nobody looks
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
  }
  EXPECT_EQ(session.capture.counters(),
            (Counters{.frames = 6, .dropped = broken, .format = broken, .started = 6 + broken}));
}

}  // namespace
}  // namespace p2p::rtltest
