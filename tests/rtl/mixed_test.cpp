// Sizes, windows, gaps, fields, pieces, clocks, stalls, breaks and lost memory at random, one after the other on the
// same chip, against a plain account of what must be in memory.
#include <gtest/gtest.h>

#include "tests/rtl/breaks.h"

namespace p2p::rtltest {
namespace {

CaptureSetup random_setup(Random& random) {
  CaptureSetup setup{.ring_log2 = 12, .completion_log2 = 4};
  setup.width = 2 * random.between(1, 24);
  setup.height = random.between(1, 7);
  setup.stride = 2 * setup.width + (random.chance(50) ? 0 : random.between(1, 40));
  setup.field_mode = random.between(0, 2);
  if (random.chance(60)) {
    setup.left = 2 * random.between(0, 5);
    setup.top = random.between(0, 3);
    setup.input_width = setup.left + setup.width + 2 * random.between(0, 5);
    setup.input_height = setup.top + setup.height + random.between(0, 3);
  }
  return setup;
}

// Sends a frame, broken in one of its fields or not; true if it must be delivered.
bool send_one(Session& session, const CaptureSetup& setup, Random& random, uint32_t broken_percent) {
  Capture& capture = session.capture;
  Frame frame = capture.new_frame();
  frame.field = setup.field_mode == VCAP_FIELD_MODE_SEPARATE && random.chance(50);
  std::vector<Lines> fields{capture.video_of(capture.weaves() ? frame.field_lines(0) : frame.lines())};
  if (capture.weaves()) fields.push_back(capture.video_of(frame.field_lines(1)));
  const size_t breaks_at = random.chance(broken_percent) ? random.between(0, 1) % fields.size() : fields.size();
  bool whole = true;
  Break broken;
  if (breaks_at < fields.size()) {
    broken = random_break(random, fields[breaks_at]);
    fields[breaks_at] = broken.lines;
    // What is wrong with a first field is seen in time wherever it is.
    whole = breaks_at + 1 == fields.size() && whole_before(setup, broken);
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    capture.video().pause(random.between(0, 20));
    if (i == 0) {
      Frame lost;
      lost.field = frame.field;
      session.send_as(whole ? frame : lost, fields[0]);
    } else {
      capture.video().send(fields[i], true, true);
    }
    if (i == breaks_at) cut_if(session, broken);
  }
  return whole;
}

TEST(Mixed, WithStallExactlyTheWholeFramesAreDelivered) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    Random random(seed);
    Chip chip({.pixel_period_ps = seed % 3 == 0 ? 3636ull : 13468ull, .seed = seed});
    chip.video.field_noise_percent = 50;
    for (uint32_t round = 0; round < 8; ++round) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", round " << round);
      chip.memory.timing = random_timing(random);
      chip.video.gap_percent = random.between(0, 50);
      const CaptureSetup setup = random_setup(random);
      Session session(chip, setup, seed * 100 + round);
      session.post(12, 1, random.between(10, 300));
      session.capture.start(true);
      std::vector<uint32_t> expected;
      while (expected.size() < 11) {
        const uint32_t sequence = session.sent();
        if (send_one(session, setup, random, 50)) expected.push_back(sequence);
      }
      expected.push_back(session.sent());
      session.send();  // what is cut off ends here
      EXPECT_EQ(session.finish(), expected);
      const uint32_t lost = session.sent() - session.delivered();
      EXPECT_EQ(session.capture.counters(),
                (Counters{.frames = 12, .dropped = lost, .format = lost, .started = session.sent()}));
      session.close();
      session.restart();
    }
  }
}

TEST(Mixed, WithoutStallNothingIsTornAndAllIsCounted) {
  uint32_t overflows = 0, deliveries = 0, empty = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    Random random(seed);
    Chip chip({.pixel_period_ps = 3636, .seed = seed});
    for (uint32_t round = 0; round < 6; ++round) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", round " << round);
      chip.memory.timing = random_timing(random);
      CaptureSetup setup = random_setup(random);
      setup.height += 10;
      if (setup.input_height != 0) setup.input_height += 10;
      Session session(chip, setup, seed * 100 + round);
      session.post(random.between(4, 20), 1, random.between(60, 300));
      session.capture.start(false);
      for (uint32_t i = 0; i < 60; ++i) {
        send_one(session, setup, random, 20);
        // Held long enough for the FIFO to run full while there are buffers.
        chip.memory.hold_writes = i > 1 && i < 45;
        chip.run(random.between(0, 1000));
      }
      chip.memory.hold_writes = false;
      session.send();
      deliveries += static_cast<uint32_t>(session.finish().size());
      const Counters now = session.capture.counters();
      EXPECT_EQ(now.started, session.sent()) << now;
      EXPECT_EQ(now.frames, session.delivered()) << now;
      EXPECT_EQ(now.started, now.frames + now.dropped) << now;
      EXPECT_EQ(now.dropped, now.overflow + now.format + now.nobuf) << now;
      overflows += now.overflow;
      empty += now.nobuf;
      session.close();
      session.restart();
    }
  }
  EXPECT_GT(overflows, 50u);
  EXPECT_GT(deliveries, 100u);
  EXPECT_GT(empty, 50u);
}

}  // namespace
}  // namespace p2p::rtltest
