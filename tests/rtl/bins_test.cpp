// Scenes for functional bins (tb/coverage) that no other suite reaches: every cause in every way software hears of it
// and cleared in the cycle that raises it, ENABLE cleared in every state, extremes of waits and answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{128} << 10};
constexpr CaptureSetup kSetup{.width = 64, .height = 120, .completion_log2 = 2};
constexpr uint64_t kMessagePlace = 0x80;

// What raises a cause, from a chip with a capture that is set up and not enabled.
struct Scene {
  const char* name;
  uint32_t bit;
  void (*play)(Chip& chip, Session& session);
};

void buffer_and_frame(Session& session) {
  session.post(1);
  session.capture.start(false);
  session.send();
}

const Scene kScenes[] = {
    {"FRAME_DONE", VCAP_INTR_FRAME_DONE, [](Chip&, Session& session) { buffer_and_frame(session); }},
    {"NOBUF", VCAP_INTR_NOBUF,
     [](Chip&, Session& session) {
       session.capture.start(false);
       session.send();
     }},
    {"OVERFLOW", VCAP_INTR_OVERFLOW,
     [](Chip& chip, Session& session) {
       chip.memory.timing.w_stall = 97;
       buffer_and_frame(session);
     }},
    {"FORMAT_ERR", VCAP_INTR_FORMAT_ERR,
     [](Chip&, Session& session) {
       session.post(1);
       session.capture.start(false);
       Lines lines = session.capture.new_frame().lines();
       lines[2].pop_back();
       session.send_broken(lines);
     }},
    {"BUS_ERR", VCAP_INTR_BUS_ERR,
     [](Chip& chip, Session& session) {
       buffer_and_frame(session);
       const uint64_t failing = session.next_buffer().pieces[0].address;
       chip.memory.faults = {{failing, failing + 16, false, 2}};
     }},
    {"DESC_ERR", VCAP_INTR_DESC_ERR,
     [](Chip& chip, Session& session) {
       session.capture.post_descriptor(chip.memory.base() + 0x8000, 0, VCAP_DESC_FIRST | VCAP_DESC_LAST);
       session.capture.doorbell();
       session.capture.start(false);
       session.send();
     }},
    {"DRAINED", VCAP_INTR_DRAINED,
     [](Chip& chip, Session& session) {
       session.capture.start(false);
       chip.write(VCAP_CTRL, 0);
     }},
    {"FIFO_ERR", VCAP_INTR_FIFO_ERR,
     [](Chip& chip, Session& session) {
       chip.write(VCAP_FAULT_TEST, VCAP_FAULT_TEST_DATA);
       buffer_and_frame(session);
     }},
    {"VIDEO_SIZE", VCAP_INTR_VIDEO_SIZE,
     [](Chip& chip, Session& session) {
       chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
       chip.run(10);
       for (int i = 0; i < 2; ++i) chip.video.send(session.capture.new_frame());
     }},
    {"VIDEO_LOST", VCAP_INTR_VIDEO_LOST,
     [](Chip& chip, Session&) {
       chip.write(VCAP_DETECT_CTRL, VCAP_DETECT_CTRL_ENABLE);
       chip.write(VCAP_DETECT_TIMEOUT, 300);
       for (int i = 0; i < 2; ++i) chip.video.send(Lines{{0u, 1u}});
     }},
};

bool raised(Chip& chip, uint32_t bit) {
  return chip.run_until([&] { return (chip.read(VCAP_INTR_STATE) & bit) != 0; }, 12000);
}

TEST(Bins, EveryCauseIsALineAMessageOrNothing) {
  for (const Scene& scene : kScenes) {
    for (const bool message : {false, true}) {
      for (const bool enabled : {false, true}) {
        SCOPED_TRACE(testing::Message() << scene.name << (message ? ", messages" : ", line")
                                        << (enabled ? "" : ", not enabled"));
        Chip chip(kSmall);
        Session session(chip, kSetup);
        const uint64_t place = chip.memory.base() + kMessagePlace;
        constexpr uint32_t kWord = 0x5EED'0001;
        uint32_t found = ~kWord;
        std::memcpy(chip.memory.at(place), &found, sizeof found);
        chip.set_message(place, kWord);
        chip.write(VCAP_MSI_CTRL, message ? VCAP_MSI_CTRL_ENABLE : 0);
        chip.write(VCAP_INTR_ENABLE, enabled ? scene.bit : 0);
        scene.play(chip, session);
        ASSERT_TRUE(raised(chip, scene.bit));
        chip.memory.timing = {};
        chip.run(200);
        EXPECT_EQ(chip.interrupt(), enabled && !message);
        std::memcpy(&found, chip.memory.at(place), sizeof found);
        EXPECT_EQ(found == kWord, enabled && message) << "the message";
      }
    }
  }
}

// Cycle in which the scene's cause is first seen.
uint64_t cycle_of(const Scene& scene) {
  Chip chip(kSmall);
  chip.write(VCAP_INTR_ENABLE, scene.bit);
  Session session(chip, kSetup);
  scene.play(chip, session);
  EXPECT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 60000)) << scene.name;
  return chip.cycle();
}

TEST(Bins, AClearInTheCycleOfTheCauseLosesNothing) {
  for (const Scene& scene : kScenes) {
    const uint64_t rises = cycle_of(scene);
    std::vector<bool> left;  // the cause is still there, by when the clear began
    for (uint64_t start = rises - 6; start <= rises + 1; ++start) {
      Chip chip(kSmall);
      chip.write(VCAP_INTR_ENABLE, scene.bit);
      Session session(chip, kSetup);
      scene.play(chip, session);
      ASSERT_LE(chip.cycle(), start) << scene.name;
      chip.run(start - chip.cycle());
      chip.start_write(VCAP_INTR_STATE, scene.bit);
      chip.run(10);
      left.push_back((chip.read(VCAP_INTR_STATE) & scene.bit) != 0);
    }
    EXPECT_TRUE(left.front()) << scene.name;
    EXPECT_FALSE(left.back()) << scene.name;
    EXPECT_TRUE(std::is_partitioned(left.begin(), left.end(), [](bool there) { return there; })) << scene.name;
  }
}

// ENABLE is cleared so many cycles after it was set, with descriptors on their way or not: idle, busy, running.
TEST(Bins, EnableIsClearedRightBehindSettingIt) {
  for (const bool descriptors : {false, true}) {
    for (uint32_t cycles = 0; cycles < 24; ++cycles) {
      SCOPED_TRACE(testing::Message() << cycles << " cycles, descriptors " << descriptors);
      Chip chip({.pixel_period_ps = 40000, .memory_size = size_t{64} << 10});
      chip.memory.timing = {.min_latency = 200, .max_latency = 200};
      Session session(chip, {.width = 8, .height = 2});
      if (descriptors) session.post(4);
      session.capture.enable(false);
      chip.run(cycles);
      chip.write(VCAP_CTRL, 0);
      EXPECT_TRUE(raised(chip, VCAP_INTR_DRAINED));
      EXPECT_EQ(chip.status() & (VCAP_STATUS_IDLE | VCAP_STATUS_RUNNING), VCAP_STATUS_IDLE);
    }
  }
}

TEST(Bins, FramesThatWaitWhenEnableIsClearedAreDelivered) {
  Chip chip({.pixel_period_ps = 3636, .memory_size = size_t{64} << 10});
  Session session(chip, {.width = 8, .height = 2, .completion_log2 = 4});
  session.post(6);
  session.capture.start(true);
  chip.run(100);
  chip.memory.hold_writes = true;
  for (int i = 0; i < 5; ++i) session.send();
  ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
  chip.run(50);
  chip.write(VCAP_CTRL, 0);
  chip.run(100);
  chip.memory.hold_writes = false;
  EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(raised(chip, VCAP_INTR_DRAINED));
  session.capture.check_memory();
  expect_clean_bus(chip);
}

TEST(Bins, PagesAtAnyPlaceInABeat) {
  constexpr uint32_t kPage = 4096;
  Chip chip(kSmall);
  Session session(chip, {.width = 64, .height = 40, .completion_log2 = 4});
  session.capture.start(true);
  for (uint32_t i = 0; i < kBeatBytes; ++i) {
    Buffer buffer;
    buffer.pieces.push_back(session.capture.allocate(kPage, i));
    buffer.pieces.push_back(session.capture.allocate(session.capture.frame_bytes() - kPage, kBeatBytes - 1 - i));
    session.post(buffer);
    session.capture.doorbell();
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{i});
  }
  session.close();
}

TEST(Bins, MemoryThatAnswersAtOnceAndMemoryThatHardlyDoes) {
  constexpr MemoryTiming kTimings[] = {
      {.min_latency = 0, .max_latency = 0},
      {.aw_stall = 93, .w_stall = 93, .ar_stall = 93, .r_stall = 80, .min_latency = 1, .max_latency = 60},
      {.aw_stall = 30, .w_stall = 60, .min_latency = 60, .max_latency = 400}};
  uint32_t seed = 0;
  for (const MemoryTiming& timing : kTimings) {
    for (const uint32_t longest : {4u, 9u, 70u, 300u}) {
      SCOPED_TRACE(testing::Message() << "pieces to " << longest << ", latency " << timing.max_latency);
      Chip chip(kSmall);
      chip.memory.timing = timing;
      Session session(chip, {.width = 40, .height = 6, .ring_log2 = 11}, ++seed);
      session.post(3, 1, longest);
      session.capture.start(true);
      for (int i = 0; i < 3; ++i) session.send();
      EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2}));
      session.close();
    }
  }
}

TEST(Bins, FrameDoneIsRaisedAgainWhilePending) {
  struct Way {
    uint32_t count, timeout;
  };
  for (const Way way : {Way{1, 0}, Way{2, 0}, Way{100, 40}}) {
    SCOPED_TRACE(testing::Message() << "COUNT " << way.count << ", timeout " << way.timeout);
    Chip chip(kSmall);
    chip.write(VCAP_COALESCE, way.count);
    chip.write(VCAP_COALESCE_TIMEOUT, way.timeout);
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
    Session session(chip, {.width = 8, .height = 2, .completion_log2 = 4});
    session.post(6);
    session.capture.start(true);
    for (uint32_t i = 0; i < 6; ++i) {
      session.send();
      EXPECT_EQ(session.finish(), std::vector<uint32_t>{i});
      chip.run(100);
      EXPECT_EQ(chip.interrupt(), i + 1 >= way.count || way.timeout != 0);
    }
    session.close();
  }
}

TEST(Bins, ABufferTooShortForItsFirstBurst) {
  Chip chip(kSmall);
  Session session(chip, {.width = 8, .height = 2});
  chip.memory.hold_writes = true;
  session.capture.post_descriptor(chip.memory.base() + 0x8000, 1, VCAP_DESC_FIRST | VCAP_DESC_LAST);
  session.capture.doorbell();
  session.capture.start(true);
  chip.run(60);
  chip.video.send(session.capture.new_frame());
  EXPECT_TRUE(raised(chip, VCAP_INTR_NOBUF));
  chip.memory.hold_writes = false;
  EXPECT_TRUE(session.capture.wait_started(1));
  EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 1, .nobuf = 1, .started = 1}));
}

TEST(Bins, WritesToWhatIsReadOnlyAreIgnored) {
  Chip chip(kSmall);
  for (const uint32_t offset : {VCAP_TIMESTAMP_LO, VCAP_TIMESTAMP_HI, VCAP_STATUS, VCAP_ID, VCAP_CNT_FRAMES}) {
    EXPECT_EQ(chip.write(offset, 0xFFFF'FFFF), 0) << "register " << offset;
  }
  EXPECT_LT(chip.read(VCAP_TIMESTAMP_LO), 1000u);
  EXPECT_EQ(chip.read(VCAP_TIMESTAMP_HI), 0u);
}

}  // namespace
}  // namespace p2p::rtltest
