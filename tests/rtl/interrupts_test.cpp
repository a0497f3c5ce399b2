// INTR_STATE, INTR_ENABLE, INTR_TEST, the line, coalescing: every cause, each in the cycle in which software clears it.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{64} << 10};
constexpr CaptureSetup kSetup{.width = 10, .height = 4};

// "In each cycle it is (INTR_STATE & INTR_ENABLE) != 0".
struct LineWatch {
  uint64_t rises = 0, rose_at = 0;

  void attach(Chip& chip) {
    chip.watch = [this, &chip, line = chip.interrupt()](const Vvcap& pins) mutable {
      EXPECT_EQ(pins.intr_o != 0, chip.interrupt_due()) << "intr_o";
      if (pins.intr_o && !line) {
        ++rises;
        rose_at = chip.cycle();
      }
      line = pins.intr_o != 0;
    };
  }
};

TEST(Interrupts, TestSetsEachBitAndEnableMasksTheLine) {
  Chip chip(kSmall);
  LineWatch watch;
  watch.attach(chip);
  for (uint32_t bit = 0; bit < 32; ++bit) {
    const uint32_t mask = 1u << bit, known = mask & VCAP_INTR_ALL;
    SCOPED_TRACE(bit);
    chip.write(VCAP_INTR_TEST, mask);
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), known);
    EXPECT_FALSE(chip.interrupt()) << "not enabled";
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_ALL & ~mask);
    chip.run(3);
    EXPECT_FALSE(chip.interrupt()) << "others enabled";
    chip.write(VCAP_INTR_ENABLE, mask);
    chip.run(3);
    EXPECT_EQ(chip.interrupt(), known != 0) << "enabled";
    chip.write(VCAP_INTR_STATE, ~mask);
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), known) << "other bits cleared";
    chip.write(VCAP_INTR_STATE, mask);
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
    EXPECT_FALSE(chip.interrupt()) << "cleared";
    chip.write(VCAP_INTR_ENABLE, 0);
  }
  EXPECT_EQ(watch.rises, static_cast<uint32_t>(VCAP_IRQ_COUNT));
}

TEST(Interrupts, RandomWritesFollowTheModelAndTheLineFollowsThem) {
  Chip chip(kSmall);
  LineWatch watch;
  watch.attach(chip);
  Random random(3);
  uint32_t state = 0, enable = 0;
  for (uint32_t i = 0; i < 3000; ++i) {
    const uint32_t value = random.between(0, 0xFFFF) & random.between(0, 0xFFFF);
    switch (random.between(0, 3)) {
      case 0:
        chip.write(VCAP_INTR_TEST, value);
        state |= value & VCAP_INTR_ALL;
        break;
      case 1:
        chip.write(VCAP_INTR_STATE, value);
        state &= ~value;
        break;
      case 2:
        chip.write(VCAP_INTR_ENABLE, value);
        enable = value & VCAP_INTR_ALL;
        break;
      default:
        ASSERT_EQ(chip.read(VCAP_INTR_STATE), state);
        ASSERT_EQ(chip.read(VCAP_INTR_ENABLE), enable);
        break;
    }
  }
  EXPECT_GT(watch.rises, 100u);
}

// Everything that raises one cause, some time after the scene is set.
struct Cause {
  const char* name;
  uint32_t bit;
  std::function<std::unique_ptr<Session>(Chip&)> set_scene;
};

std::unique_ptr<Session> session_with(Chip& chip, uint32_t buffers, CaptureSetup setup = kSetup) {
  auto session = std::make_unique<Session>(chip, setup);
  session->post(buffers);
  session->capture.start(false);
  chip.video.pause(40);
  return session;
}

const Cause kCauses[] = {
    {"FRAME_DONE", VCAP_INTR_FRAME_DONE,
     [](Chip& chip) {
       auto session = session_with(chip, 1);
       session->send();
       return session;
     }},
    {"FRAME_DONE by timeout", VCAP_INTR_FRAME_DONE,
     [](Chip& chip) {
       chip.write(VCAP_COALESCE, 5);
       chip.write(VCAP_COALESCE_TIMEOUT, 50);
       auto session = session_with(chip, 1);
       session->send();
       return session;
     }},
    {"NOBUF", VCAP_INTR_NOBUF,
     [](Chip& chip) {
       auto session = session_with(chip, 0);
       session->send();
       return session;
     }},
    {"OVERFLOW", VCAP_INTR_OVERFLOW,
     [](Chip& chip) {
       auto session = session_with(chip, 1, {.width = 64, .height = 80});
       chip.memory.hold_writes = true;
       session->send();
       chip.run(5000);
       chip.memory.hold_writes = false;
       return session;
     }},
    {"FORMAT_ERR", VCAP_INTR_FORMAT_ERR,
     [](Chip& chip) {
       auto session = session_with(chip, 1);
       session->send_broken({std::vector<uint32_t>(5, 1), std::vector<uint32_t>(6, 2)});
       return session;
     }},
    {"FORMAT_ERR before anything was stored", VCAP_INTR_FORMAT_ERR,
     [](Chip& chip) {
       auto session = session_with(chip, 1);
       session->send_broken({{1}});
       return session;
     }},
    {"BUS_ERR", VCAP_INTR_BUS_ERR,
     [](Chip& chip) {
       auto session = session_with(chip, 1);
       const Piece piece = session->next_buffer().pieces[0];
       chip.memory.faults.push_back({piece.address, piece.address + 8, false, 2});
       session->send();
       return session;
     }},
    {"DESC_ERR", VCAP_INTR_DESC_ERR,
     [](Chip& chip) {
       auto session = session_with(chip, 0);
       session->capture.post_descriptor(chip.memory.base(), 80, 0);
       session->capture.doorbell();
       session->send();
       return session;
     }},
    {"DRAINED by SOFT_RESET", VCAP_INTR_DRAINED,
     [](Chip& chip) {
       auto session = session_with(chip, 1);
       chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
       return session;
     }},
    {"DRAINED by ENABLE", VCAP_INTR_DRAINED,
     [](Chip& chip) {
       auto session = session_with(chip, 1);
       chip.write(VCAP_CTRL, 0);
       return session;
     }},
};

// Cycles from the start of a write that clears INTR_STATE to the line's first low cycle.
uint64_t cycles_to_clear() {
  Chip chip(kSmall);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_ALL);
  chip.write(VCAP_INTR_TEST, 1);
  chip.run(10);
  const uint64_t start = chip.cycle();
  chip.start_write(VCAP_INTR_STATE, 1);
  EXPECT_TRUE(chip.run_until([&] { return !chip.interrupt(); }, 20));
  return chip.cycle() - start;
}

// The write that clears a bit sweeps over the cycle that sets it: before and in that cycle the bit survives.
TEST(Interrupts, SetWinsOverClearInTheSameCycle) {
  const uint64_t to_clear = cycles_to_clear();
  for (const Cause& cause : kCauses) {
    Chip reference(kSmall);
    reference.write(VCAP_INTR_ENABLE, cause.bit);
    auto scene = cause.set_scene(reference);
    ASSERT_FALSE(reference.interrupt()) << cause.name;
    ASSERT_TRUE(reference.run_until([&] { return reference.interrupt(); }, 2000)) << cause.name;
    const uint64_t rises = reference.cycle();
    EXPECT_EQ(reference.read(VCAP_INTR_STATE), cause.bit) << cause.name;
    // A write begun at `tie` acts in the cycle in which the cause does.
    const uint64_t tie = rises - to_clear;
    for (uint64_t start = tie - 4; start <= tie + 4; ++start) {
      SCOPED_TRACE(testing::Message() << cause.name << ", clear " << static_cast<int64_t>(start - tie)
                                      << " cycles after the set");
      Chip chip(kSmall);
      chip.write(VCAP_INTR_ENABLE, cause.bit);
      LineWatch watch;
      watch.attach(chip);
      auto session = cause.set_scene(chip);
      ASSERT_LT(chip.cycle(), start);
      chip.run(start - chip.cycle());
      chip.start_write(VCAP_INTR_STATE, cause.bit);
      chip.run(40);
      EXPECT_EQ(chip.read(VCAP_INTR_STATE), start <= tie ? cause.bit : 0u);
      EXPECT_EQ(chip.interrupt(), start <= tie) << "intr_o";
      EXPECT_EQ(watch.rises, 1u) << "intr_o";
      EXPECT_EQ(watch.rose_at, rises) << "intr_o";
    }
  }
}

TEST(Interrupts, CoalescingCountsCompletions) {
  for (const uint32_t count : {0u, 1u, 2u, 3u, 7u, 255u}) {
    SCOPED_TRACE(count);
    const uint32_t every = std::max(count, 1u);
    Chip chip(kSmall);
    LineWatch watch;
    watch.attach(chip);
    chip.write(VCAP_COALESCE, count);
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
    Session session(chip, {.width = 4, .height = 1, .ring_log2 = 3, .completion_log2 = 3});
    session.capture.start(false);
    uint32_t frames = 0;
    for (const uint32_t end = 2 * every + 3; frames < end;) {
      session.post(1);
      session.send();
      session.finish();
      ++frames;
      EXPECT_EQ(chip.read(VCAP_INTR_STATE), frames % every == 0 ? VCAP_INTR_FRAME_DONE : 0u) << "frame " << frames;
      chip.write(VCAP_INTR_STATE, VCAP_INTR_FRAME_DONE);
    }
    EXPECT_EQ(watch.rises, frames / every);
    session.close();
  }
}

uint64_t first_completion_cycle(uint32_t count, uint32_t timeout, uint32_t frames) {
  Chip chip(kSmall);
  chip.write(VCAP_COALESCE, count);
  chip.write(VCAP_COALESCE_TIMEOUT, timeout);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
  auto session = session_with(chip, frames);
  for (uint32_t i = 0; i < frames; ++i) session->send();
  return chip.run_until([&] { return chip.interrupt(); }, 30000) ? chip.cycle() : 0;
}

// The time runs from the first completion that was not reported, whatever comes after it.
TEST(Interrupts, CoalescingTimeoutCountsFromTheFirstCompletion) {
  for (const uint32_t frames : {1u, 3u}) {
    const uint64_t first = first_completion_cycle(1, 0, frames);
    ASSERT_NE(first, 0u);
    for (const uint32_t timeout : {1u, 2u, 3u, 10u, 100u, 1000u, 20000u}) {
      EXPECT_EQ(first_completion_cycle(200, timeout, frames), first + timeout) << "timeout " << timeout;
    }
    EXPECT_EQ(first_completion_cycle(200, 0, frames), 0u) << "no timeout, too few completions";
    EXPECT_EQ(first_completion_cycle(1, 100, frames), first) << "count before timeout";
  }
  // Count before timeout, again and again: the timeout of reported completions does not fire.
  Chip chip(kSmall);
  chip.write(VCAP_COALESCE, 2);
  chip.write(VCAP_COALESCE_TIMEOUT, 2000);
  auto session = session_with(chip, 6);
  for (uint32_t pair = 0; pair < 3; ++pair) {
    session->send();
    session->finish();
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
    session->send();
    session->finish();
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FRAME_DONE);
    chip.write(VCAP_INTR_STATE, VCAP_INTR_FRAME_DONE);
    chip.run(2500);
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
  }
}

TEST(Interrupts, SoftResetForgetsUnreportedCompletions) {
  Chip chip(kSmall);
  chip.write(VCAP_COALESCE, 2);
  auto session = session_with(chip, 1);
  session->send();
  session->finish();
  session->restart();
  session->post(2);
  session->capture.start(false);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  session->send();
  session->finish();
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
  session->send();
  session->finish();
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FRAME_DONE);
}

}  // namespace
}  // namespace p2p::rtltest
