// Too little memory bandwidth, too few buffers, too small buffers, no room for records: whole frames are dropped and
// counted, the rest is intact; with STALL nothing is lost.
#include <gtest/gtest.h>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr uint32_t kFifoWords = 1024;

uint32_t words(const CaptureSetup& setup) { return (setup.width / 2 * setup.height + 1) / 2; }

// Every started frame was delivered or is counted under one reason.
void expect_adds_up(Session& session) {
  const Counters now = session.capture.counters();
  EXPECT_EQ(now.started, session.sent()) << now;
  EXPECT_EQ(now.frames, session.delivered()) << now;
  EXPECT_EQ(now.started, now.frames + now.dropped) << now;
  EXPECT_EQ(now.dropped, now.overflow + now.format + now.nobuf) << now;
  EXPECT_EQ(now.buserr, 0u) << now;
}

bool drained(Chip& chip) {
  return chip.run_until([&] { return chip.video.waiting() == 0; });
}

enum class Hold { kRequests, kResponses, kDescriptors };

void hold(Chip& chip, Hold what, bool on) {
  if (what == Hold::kRequests) chip.memory.hold_writes = on;
  if (what == Hold::kResponses) chip.memory.hold_responses = on;
  if (what == Hold::kDescriptors) chip.memory.hold_reads = on;
}

TEST(Pressure, FullFifoDropsWholeFramesAndTheNextSaysSo) {
  const CaptureSetup setup{.width = 64, .height = 40};
  ASSERT_LT(words(setup), kFifoWords);
  ASSERT_GT(2 * words(setup), kFifoWords + 100);
  for (const Hold what : {Hold::kRequests, Hold::kResponses, Hold::kDescriptors}) {
    SCOPED_TRACE(static_cast<int>(what));
    Chip chip;
    Session session(chip, setup);
    hold(chip, what, true);
    session.post(4);
    session.capture.start(false);
    for (uint32_t i = 0; i < 5; ++i) session.send();
    ASSERT_TRUE(drained(chip));
    EXPECT_EQ(chip.read(VCAP_CNT_FRAMES), 0u);
    hold(chip, what, false);
    // The first fitted into the FIFO, the second did not.
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
    EXPECT_EQ(session.capture.counters(), (Counters{.frames = 1, .dropped = 4, .overflow = 4, .started = 5}));
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FRAME_DONE | VCAP_INTR_OVERFLOW);
    session.send();
    session.send();
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{5, 6}));  // Session checks DISCONTINUITY
    session.close();
  }
}

// Memory comes back at any moment of the overflow: no frame is torn.
TEST(Pressure, MemoryReturnsAtAnyMoment) {
  const CaptureSetup setup{.width = 30, .height = 6, .ring_log2 = 9, .completion_log2 = 6};
  // 22 frames fill the FIFO; around its end, beat by beat, and later.
  for (uint32_t beats = 1980; beats < 2300; beats += beats < 2160 ? 3 : 11) {
    SCOPED_TRACE(testing::Message() << "memory held until beat " << beats);
    Chip chip({.seed = beats, .memory_size = size_t{128} << 10});
    Session session(chip, setup, beats);
    session.post(40, 40, 400);
    session.capture.start(false);
    chip.memory.hold_writes = true;
    for (uint32_t i = 0; i < 40; ++i) session.send();
    ASSERT_TRUE(chip.run_until([&] { return chip.video.taken() == beats; }));
    chip.memory.hold_writes = false;
    EXPECT_GE(session.finish().size(), kFifoWords / words(setup));
    expect_adds_up(session);
    session.close();
  }
}

// A FIFO that is full does not matter outside the window of a cropped video.
TEST(Pressure, OverflowIsOfTheWindowOnly) {
  const CaptureSetup setup{.width = 64, .height = 60, .input_width = 96, .input_height = 100, .left = 16, .top = 30};
  for (const bool released : {false, true}) {
    SCOPED_TRACE(released);
    Chip chip;
    Session session(chip, setup);
    session.post(3);
    session.capture.start(false);
    chip.memory.hold_writes = true;
    // 960 or more words a window: the first fits, the second does not.
    session.send();
    session.send();
    ASSERT_TRUE(chip.run_until([&] { return chip.video.taken() == 96 / 2 * (100 + 25); }));
    if (released) chip.memory.hold_writes = false;
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.memory.hold_writes = false;
    EXPECT_EQ(session.finish(), released ? (std::vector<uint32_t>{0, 1}) : std::vector<uint32_t>{0});
    EXPECT_EQ(session.capture.counters().overflow, released ? 0u : 1u);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{2});
    session.close();
  }
}

// Frames of one word: what runs full is not the pixel FIFO but the place where frames are numbered.
TEST(Pressure, ThousandFramesLostAtOnceAreNumberedAndCounted) {
  for (const uint32_t width : {2u, 4u, 8u}) {
    SCOPED_TRACE(width);
    Chip chip;
    Session session(chip, {.width = width, .height = 1, .ring_log2 = 8, .completion_log2 = 8});
    session.post(200);
    session.capture.start(false);
    chip.memory.hold_writes = true;
    for (uint32_t i = 0; i < 1000; ++i) session.send();
    ASSERT_TRUE(drained(chip));
    chip.memory.hold_writes = false;
    const size_t kept = session.finish().size();
    EXPECT_GE(kept, 16u);
    EXPECT_LT(kept, 200u);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{1000});
    expect_adds_up(session);
    EXPECT_EQ(session.capture.counters().overflow, 1000 - kept);
    session.close();
  }
}

TEST(Pressure, StallHoldsTheSourceAndLosesNothing) {
  struct Run {
    uint32_t width, height, frames;
  };
  // Frames longer and shorter than the FIFO, and so small that their number is what runs full.
  for (const Run& run : {Run{64, 100, 3}, Run{64, 40, 5}, Run{10, 3, 100}, Run{2, 1, 100}}) {
    for (const Hold what : {Hold::kRequests, Hold::kResponses, Hold::kDescriptors}) {
      SCOPED_TRACE(testing::Message() << run.width << "x" << run.height << " hold " << static_cast<int>(what));
      Chip chip({.pixel_period_ps = 3636});
      Session session(chip, {.width = run.width, .height = run.height, .ring_log2 = 7, .completion_log2 = 7});
      hold(chip, what, true);
      session.post(run.frames);
      session.capture.start(true);
      for (uint32_t i = 0; i < run.frames; ++i) session.send();
      chip.run(6000);
      const uint64_t taken = chip.video.taken();
      EXPECT_GT(chip.video.waiting(), 0u);
      chip.run(500);
      EXPECT_EQ(chip.video.taken(), taken) << "s_axis_video_tready";
      hold(chip, what, false);
      EXPECT_EQ(session.finish().size(), run.frames);
      EXPECT_EQ(session.capture.counters(), (Counters{.frames = run.frames, .started = run.frames}));
      EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FRAME_DONE);
      session.close();
    }
  }
}

TEST(Pressure, NoDescriptorDropsTheFrame) {
  Chip chip;
  Session session(chip, {.width = 10, .height = 4});
  session.capture.start(false);
  for (uint32_t round = 1; round <= 5; ++round) {
    for (uint32_t lost = 0; lost < round; ++lost) session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{});
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_NOBUF);
    session.post(1);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{session.sent() - 1});
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_NOBUF | VCAP_INTR_FRAME_DONE);
    chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  }
  EXPECT_EQ(session.capture.counters(), (Counters{.frames = 5, .dropped = 15, .nobuf = 15, .started = 20}));
  session.close();
}

// The doorbell rings at every cycle around the start of frame: the frame has a buffer or it has not.
TEST(Pressure, DoorbellAtEveryCycleAroundTheStartOfFrame) {
  uint32_t kept = 0, lost = 0;
  for (const uint32_t latency : {1u, 30u}) {
    for (uint32_t cycles = 0; cycles < 60; ++cycles) {
      SCOPED_TRACE(testing::Message() << cycles << " cycles, latency " << latency);
      Chip chip({.memory_size = size_t{64} << 10});
      chip.memory.timing.min_latency = chip.memory.timing.max_latency = latency;
      Session session(chip, {.width = 10, .height = 4});
      session.capture.start(false);
      chip.run(20);
      session.post(session.capture.whole());
      session.send();
      chip.run(cycles);
      session.capture.doorbell();
      const bool delivered = session.finish().size() == 1;
      EXPECT_EQ(session.capture.counters().nobuf, delivered ? 0u : 1u);
      ++(delivered ? kept : lost);
      if (!delivered) {
        session.send();
        EXPECT_EQ(session.finish(), std::vector<uint32_t>{1});
      }
      expect_adds_up(session);
      session.close();
    }
  }
  EXPECT_GT(kept, 0u);
  EXPECT_GT(lost, 0u);
}

// Too short by any number of bytes, in any number of pieces, with and without line gaps: dropped, nothing written past
// the buffer, and the buffer stays first in the ring.
TEST(Pressure, BufferTooShortForTheFrame) {
  for (const uint32_t gap : {0u, 3u}) {
    const CaptureSetup setup{.width = 10, .height = 4, .stride = 20 + gap};
    for (uint32_t pieces = 1; pieces <= 3; ++pieces) {
      const uint32_t frame_bytes = setup.stride * 3 + 20;
      for (uint32_t missing = 1; missing <= frame_bytes - pieces; ++missing) {
        SCOPED_TRACE(testing::Message() << missing << " bytes missing in " << pieces << " pieces, gap " << gap);
        Chip chip({.memory_size = size_t{64} << 10});
        Session session(chip, setup, missing);
        Buffer buffer;
        for (uint32_t left = frame_bytes - missing, i = pieces; i != 0; --i) {
          const uint32_t length = i == 1 ? left : left / i;
          buffer.pieces.push_back(session.capture.allocate(length, (missing + i) % kBeatBytes));
          left -= length;
        }
        session.post(buffer);
        session.post(1);
        session.capture.start(false);
        session.send();
        session.send();
        EXPECT_EQ(session.finish(), std::vector<uint32_t>{});
        EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 2, .nobuf = 2, .started = 2}));
        EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_NOBUF);
        session.capture.expect_remains(session.next_buffer());
        session.capture.check_memory();
        session.restart();
        session.post(1);
        session.capture.start(false);
        session.send();
        EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
        session.close();
      }
    }
  }
}

TEST(Pressure, FullCompletionRingDropsTheFrame) {
  for (const uint32_t log2 : {1u, 2u, 4u}) {
    SCOPED_TRACE(log2);
    const uint32_t size = 1u << log2;
    Chip chip;
    Session session(chip, {.width = 10, .height = 4, .completion_log2 = log2});
    session.post(3 * size);
    session.capture.start(false);
    for (uint32_t round = 0; round < 3; ++round) {
      for (uint32_t i = 0; i < size; ++i) session.send();
      ASSERT_TRUE(session.capture.wait_started(session.sent()));
      EXPECT_EQ(chip.read(VCAP_INTR_STATE) & VCAP_INTR_NOBUF, 0u);
      session.send();
      session.send();
      // Records are given back only now.
      EXPECT_EQ(session.finish().size(), size);
      EXPECT_EQ(chip.read(VCAP_INTR_STATE) & VCAP_INTR_NOBUF, VCAP_INTR_NOBUF);
      chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
      EXPECT_EQ(session.capture.counters(), (Counters{.frames = (round + 1) * size,
                                                      .dropped = (round + 1) * 2,
                                                      .nobuf = (round + 1) * 2,
                                                      .started = (round + 1) * (size + 2)}));
    }
    session.close();
  }
}

TEST(Pressure, CountersStayAtTheirLargestValue) {
  constexpr uint32_t kMost = 0xFFFFFFFF;
  Chip chip;
  Session session(chip, {.width = 10, .height = 4});
  session.capture.start(false);
  chip.preset_counters(kMost - 1);
  const auto expect = [&](const Counters& most) { EXPECT_EQ(session.capture.counters(), most); };
  const auto wait = [&] {
    ASSERT_TRUE(drained(chip));
    chip.run(200);
  };
  for (uint32_t i = 0; i < 3; ++i) {
    session.send();  // no buffer
    wait();
    expect({kMost - 1, kMost, kMost - 1, kMost - 1, kMost, kMost - 1, kMost});
  }
  session.post(1);
  session.send_broken({{1, 2}});
  session.send();
  wait();
  expect({kMost, kMost, kMost - 1, kMost, kMost, kMost - 1, kMost});
  session.restart();
  expect({});
}

// Everything at once, for long: memory that stalls and stops, too few buffers, records given back late, broken frames.
TEST(Pressure, LongRandomRunsAddUp) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed * 7919);
    Chip chip({.pixel_period_ps = seed % 2 == 0 ? 3636ull : 9001ull, .seed = seed});
    chip.video.gap_percent = random.between(0, 30);
    const uint32_t width = 2 * random.between(1, 64), height = random.between(1, 24);
    const CaptureSetup setup{.width = width,
                             .height = height,
                             .stride = 2 * width + random.between(0, 1) * random.between(1, 9),
                             .ring_log2 = 11,
                             .completion_log2 = random.between(1, 4)};
    Session session(chip, setup, seed);
    session.capture.start(false);
    for (uint32_t round = 0; round < 60; ++round) {
      chip.memory.timing = {
          random.between(0, 70), random.between(0, 70), random.between(0, 50), random.between(0, 50), 1,
          random.between(1, 100)};
      const uint32_t in_ring = (session.capture.tail() - chip.read(VCAP_RING_HEAD)) & 0xFFFFu;
      if (in_ring < 1024) session.post(random.between(0, 3), random.between(10, 40), random.between(41, 400));
      for (uint32_t i = random.between(0, 5); i != 0; --i) {
        if (random.chance(20)) {
          Lines lines = session.capture.new_frame().lines();
          lines[random.between(0, height - 1)].push_back(0xDEADBEEF);
          session.send_broken(lines);
        } else {
          session.send();
        }
        chip.video.pause(random.between(0, 300));
      }
      hold(chip, static_cast<Hold>(random.between(0, 2)), random.chance(60));
      chip.run(random.between(0, 4000));
      if (random.chance(70)) {
        for (const Hold what : {Hold::kRequests, Hold::kResponses, Hold::kDescriptors}) hold(chip, what, false);
      }
      if (random.chance(60)) session.collect();
    }
    for (const Hold what : {Hold::kRequests, Hold::kResponses, Hold::kDescriptors}) hold(chip, what, false);
    session.finish();
    expect_adds_up(session);
    EXPECT_GE(session.delivered(), 5u);
    session.post(1);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{session.sent() - 1});
    session.close();
  }
}

}  // namespace
}  // namespace p2p::rtltest
