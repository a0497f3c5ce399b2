// Interlaced video: single fields that say which they are, and woven frames: both fields of a frame and no others, each
// on its lines, or nothing.
#include <gtest/gtest.h>

#include "tests/rtl/breaks.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{128} << 10};

Lines field_of(Session& session, const Frame& frame, size_t which) {
  return session.capture.video_of(frame.field_lines(which));
}

// Waits until the source has sent everything.
void drain(Chip& chip) {
  ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
}

TEST(Fields, SeparateFieldsSayWhichTheyAre) {
  for (const uint32_t mode : {0u, 1u, 3u}) {  // 3 is as 0
    SCOPED_TRACE(mode);
    Chip chip(kSmall);
    chip.video.field_noise_percent = 50;
    Session session(chip, {.width = 10, .height = 3, .completion_log2 = 3, .field_mode = mode});
    session.post(8);
    session.capture.start(true);
    // One may be missing or come twice: a field is a frame.
    for (const bool field : {false, true, true, false, false, true, false, true}) {
      Frame frame = session.capture.new_frame();
      frame.field = field;
      session.send_as(frame, frame.lines());
    }
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(session.capture.counters(), (Counters{.frames = 8, .started = 8}));
    EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE);
    session.close();
  }
}

struct Size {
  uint32_t width, height;
};
// Frames of one word, of words that hold pixels of both fields, of an odd number of beats.
const Size kSizes[] = {{2, 1}, {4, 1}, {6, 1}, {2, 3}, {10, 4}, {70, 5}, {322, 2}};

TEST(Fields, WovenFramesOfEverySizeInPiecesWithGaps) {
  struct Split {
    uint32_t shortest, longest, surplus;
  };
  for (const Size& size : kSizes) {
    for (const uint32_t gap : {0u, 1u, 5u, 8u, 700u, 4099u}) {
      for (const Split& split : {Split{1, 9, 0}, Split{1, 100, 30}, Split{2000, 9000, 0}, Split{60000, 60000, 77}}) {
        if (gap > 100 && split.longest < 100) continue;
        SCOPED_TRACE(testing::Message() << size.width << "x" << size.height << " gap " << gap << " pieces to "
                                        << split.longest);
        Random random(size.width + gap);
        Chip chip({.seed = gap + split.longest});
        chip.memory.timing = random_timing(random, 40, 30);
        chip.video.gap_percent = random.between(0, 40);
        Session session(chip,
                        {.width = size.width,
                         .height = size.height,
                         .stride = 2 * size.width + gap,
                         .ring_log2 = 11,
                         .completion_log2 = 1,
                         .field_mode = VCAP_FIELD_MODE_WEAVE},
                        gap + split.longest);
        session.capture.start(true);
        for (uint32_t i = 0; i < 4; i += 2) {
          for (uint32_t k = 0; k < 2; ++k) {
            session.post(session.capture.scattered(split.shortest, split.longest, split.surplus));
          }
          session.capture.doorbell();
          session.send();
          session.send();
          EXPECT_EQ(session.finish(), (std::vector<uint32_t>{i, i + 1}));
        }
        EXPECT_EQ(session.capture.counters(), (Counters{.frames = 4, .started = 4}));
        EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE);
        session.close();
      }
    }
  }
}

// Start time and sequence are of field 0; the frame counts once.
TEST(Fields, AWovenFrameStartsWithItsFirstField) {
  Chip chip(kSmall);
  Session session(chip, {.width = 8, .height = 2, .field_mode = VCAP_FIELD_MODE_WEAVE});
  session.post(3);
  session.capture.start(false);
  for (uint32_t i = 0; i < 3; ++i) {
    const Frame frame = session.capture.new_frame();
    session.send_as(frame, frame.field_lines(0));
    drain(chip);
    chip.run(500);
    EXPECT_EQ(chip.read(VCAP_CNT_STARTED), i + 1);
    EXPECT_EQ(chip.read(VCAP_CNT_FRAMES), i);
    EXPECT_EQ(chip.read(VCAP_STATUS) & (VCAP_STATUS_IDLE | VCAP_STATUS_RUNNING), VCAP_STATUS_RUNNING);
    chip.video.send(frame.field_lines(1), true, true);
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{i});
    ASSERT_EQ(chip.starts_taken.size(), 2 * i + 2);
    EXPECT_GE(session.capture.record(i).StartTime, chip.starts_taken[2 * i] + 2);
    EXPECT_LE(session.capture.record(i).StartTime, chip.starts_taken[2 * i] + 4);
  }
  session.close();
}

// Any order of fields, against a plain account of them.
TEST(Fields, AnyOrderOfFields) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Chip chip({.seed = seed});
    Session session(chip,
                    {.width = 2 * random.between(1, 9),
                     .height = random.between(1, 4),
                     .ring_log2 = 8,
                     .completion_log2 = 7,
                     .field_mode = VCAP_FIELD_MODE_WEAVE},
                    seed);
    session.post(100, seed % 2 == 0 ? 0 : 40, seed % 2 == 0 ? 0 : 400);
    session.capture.start(true);
    std::vector<uint32_t> expected;
    std::vector<bool> fields{false};
    for (uint32_t i = 0; i < 100; ++i) fields.push_back(random.chance(70) ? !fields.back() : fields.back());
    fields.insert(fields.end(), {false, true});
    for (size_t i = 0; i < fields.size(); ++i) {
      const Frame frame = session.capture.new_frame();
      chip.video.pause(random.between(0, 20));
      if (!fields[i] && fields[i + 1]) {  // a pair
        session.send_woven(frame, frame.field_lines(0), frame.field_lines(1));
        expected.push_back(session.sent() - 1);
        ++i;
      } else {  // without its other
        Frame lost;
        lost.field = fields[i];
        session.send_as(lost, frame.field_lines(fields[i] ? 1 : 0));
      }
    }
    EXPECT_EQ(session.finish(), expected);
    const uint32_t lost = session.sent() - session.delivered();
    EXPECT_GT(lost, 5u);
    EXPECT_EQ(session.capture.counters(), format_lost(session, lost));
    session.close();
  }
}

// What breaks a field breaks the frame; only behind the end of the second field it is too late.
TEST(Fields, EveryBreakOfEitherField) {
  for (const Size& size : {Size{2, 1}, Size{2, 3}, Size{6, 2}, Size{10, 3}}) {
    Chip chip({.memory_size = size_t{512} << 10});
    Session session(chip,
                    {.width = size.width,
                     .height = size.height,
                     .ring_log2 = 9,
                     .completion_log2 = 4,
                     .field_mode = VCAP_FIELD_MODE_WEAVE},
                    size.width);
    session.capture.start(false);
    session.post(1);
    session.send();
    session.finish();
    uint32_t broken_frames = 0;
    for (const size_t which : {0u, 1u}) {
      const Frame frame = session.capture.new_frame();
      for (const Break& broken : all_breaks(frame.field_lines(which))) {
        SCOPED_TRACE(testing::Message() << size.width << "x" << size.height << ", field " << which << ": "
                                        << broken.name);
        take_interrupts(chip);
        session.post(2);
        const uint32_t first = session.sent();
        session.send_as({}, which == 0 ? broken.lines : frame.field_lines(0));
        if (which == 0) cut_if(session, broken);
        chip.video.send(which == 1 ? broken.lines : frame.field_lines(1), true, true);
        if (which == 1) cut_if(session, broken);
        ++broken_frames;
        session.send();
        session.send();
        EXPECT_EQ(session.finish(), (std::vector<uint32_t>{first + 1, first + 2}));
        EXPECT_EQ(session.capture.counters(), format_lost(session, broken_frames));
        EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FORMAT_ERR | VCAP_INTR_FRAME_DONE);
      }
      // Lines that follow: of field 0 they break the frame, of field 1 they are flagged.
      session.post(2);
      const uint32_t first = session.sent();
      session.send_as(which == 0 ? Frame{} : frame, frame.field_lines(0));
      if (which == 0) chip.video.send(Lines{{1u}, {2u, 3u}}, false);
      chip.video.send(frame.field_lines(1), true, true);
      if (which == 1) chip.video.send(Lines{{1u}, {2u, 3u}}, false);
      if (which == 0) ++broken_frames;
      session.send();
      EXPECT_EQ(session.finish().size(), which == 0 ? 1u : 2u);
      EXPECT_EQ(session.sent(), first + 2);
      EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FORMAT_ERR | VCAP_INTR_FRAME_DONE);
    }
    session.close();
  }
}

// A frame that began before ENABLE is neither captured nor counted; one that began before ENABLE ends is finished.
TEST(Fields, EnableChangesBetweenTheFieldsOfAFrame) {
  Chip chip(kSmall);
  Session session(chip, {.width = 10, .height = 2, .field_mode = VCAP_FIELD_MODE_WEAVE});
  session.post(3);
  const Frame other = session.capture.new_frame();
  for (uint32_t i = 0; i < 3; ++i) {
    SCOPED_TRACE(i);
    chip.video.send(other.field_lines(0));
    drain(chip);
    session.capture.start(false);
    chip.video.send(other.field_lines(1), true, true);
    const Frame frame = session.capture.new_frame();
    session.send_as(frame, frame.field_lines(0));
    drain(chip);
    chip.run(300);
    chip.write(VCAP_CTRL, 0);
    chip.run(300);
    EXPECT_EQ(chip.read(VCAP_STATUS) & VCAP_STATUS_IDLE, 0u);
    EXPECT_EQ(take_interrupts(chip), 0u);
    chip.video.send(frame.field_lines(1), true, true);
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{i});
    chip.run(100);
    EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FRAME_DONE | VCAP_INTR_DRAINED);
  }
  // Cut off by a field 0 that is not captured.
  session.capture.start(false);
  session.post(1);
  session.send_broken(other.field_lines(0));
  drain(chip);
  chip.write(VCAP_CTRL, 0);
  chip.run(300);
  chip.video.send(other.field_lines(0));
  drain(chip);
  chip.run(300);
  EXPECT_EQ(take_interrupts(chip), VCAP_INTR_FORMAT_ERR | VCAP_INTR_DRAINED);
  EXPECT_EQ(session.capture.counters(), (Counters{.frames = 3, .dropped = 1, .format = 1, .started = 4}));
  session.capture.expect_remains(session.next_buffer());
  session.capture.check_memory();
  expect_clean_bus(chip);
}

// A buffer that ends in either pass: not a byte outside it, the frame is dropped, the buffer stays.
TEST(Fields, ShortBuffersOfEveryLength) {
  const CaptureSetup setup{.width = 6, .height = 2, .stride = 17, .field_mode = VCAP_FIELD_MODE_WEAVE};
  for (uint32_t length = 1; length <= 63; ++length) {  // 3 x 17 + 12 bytes
    for (const uint32_t pieces : {1u, 3u}) {
      if (length < pieces) continue;
      SCOPED_TRACE(testing::Message() << length << " bytes in " << pieces);
      Chip chip({.seed = length, .memory_size = size_t{64} << 10});
      Session session(chip, setup, length);
      Buffer buffer;
      for (uint32_t i = 0; i < pieces; ++i) {
        const uint32_t part = i + 1 < pieces ? length / pieces : length - length / pieces * (pieces - 1);
        buffer.pieces.push_back(session.capture.allocate(part, length % 8));
      }
      session.post(buffer);
      session.capture.doorbell();
      session.capture.start(false);
      session.send();
      session.send();
      const bool fits = length == 63;
      EXPECT_EQ(session.finish(), fits ? std::vector<uint32_t>{0} : std::vector<uint32_t>{});
      EXPECT_EQ(session.capture.counters(), fits ? (Counters{.frames = 1, .dropped = 1, .nobuf = 1, .started = 2})
                                                 : (Counters{.dropped = 2, .nobuf = 2, .started = 2}));
      session.close();
    }
  }
}

// SOFT_RESET at any cycle of a woven frame's life; the next frame is whole.
TEST(Fields, SoftResetAtAnyCycle) {
  const CaptureSetup setup{.width = 18, .height = 3, .stride = 45, .ring_log2 = 5, .field_mode = VCAP_FIELD_MODE_WEAVE};
  for (uint64_t cycles = 1; cycles < 190; cycles += 3) {
    SCOPED_TRACE(cycles);
    Chip chip({.seed = static_cast<uint32_t>(cycles), .memory_size = size_t{64} << 10});
    chip.memory.timing.max_latency = 12;
    Session session(chip, setup, 3);
    session.post(1, 10, 60);
    session.capture.start(false);
    session.send();
    chip.run(cycles);
    session.capture.expect_remains(session.next_buffer());
    const Buffer old = session.next_buffer();
    session.restart();
    drain(chip);
    session.capture.expect_remains(old);
    session.post(1, 10, 60);
    session.capture.start(false);
    session.send();
    ASSERT_EQ(session.finish(), std::vector<uint32_t>{0});
    session.capture.stop();
    expect_clean_bus(chip);
  }
}

// An error on any byte, in either pass, and on any descriptor: halted, one frame dropped; after a reset all is well.
TEST(Fields, ErrorsInEitherPass) {
  const CaptureSetup setup{.width = 18, .height = 3, .stride = 45, .ring_log2 = 5, .field_mode = VCAP_FIELD_MODE_WEAVE};
  uint32_t halts = 0;
  for (uint32_t at = 0; at < 5 * 45 + 36; at += 4) {
    for (const bool descriptor : {false, true}) {
      SCOPED_TRACE(testing::Message() << "error at " << at << (descriptor ? " of the second reading" : ""));
      Chip chip({.seed = at, .memory_size = size_t{64} << 10});
      Session session(chip, setup, at);
      session.post(1);
      session.capture.start(false);
      const Frame frame = session.capture.new_frame();
      session.send_as({}, frame.field_lines(0));
      const uint64_t place =
          descriptor ? session.capture.descriptor_address(0) : session.next_buffer().pieces[0].address + at;
      if (descriptor) {
        chip.run(20 + at);  // the first reading is over, the second perhaps, too
        ASSERT_GE(chip.memory.reads_taken, 1u);
      }
      chip.memory.faults = {{place, place + 1, descriptor, 2}};
      chip.video.send(frame.field_lines(1), true, true);
      drain(chip);
      chip.run(200);
      if (chip.memory.errors_answered == 0) continue;  // a gap's byte; read in time
      ++halts;
      EXPECT_EQ(chip.read(VCAP_STATUS) & (VCAP_STATUS_HALTED | VCAP_STATUS_IDLE),
                VCAP_STATUS_HALTED | VCAP_STATUS_IDLE);
      EXPECT_EQ(VCAP_ERR_ACCESS(chip.read(VCAP_ERR_CAUSE)),
                static_cast<uint32_t>(descriptor ? VCAP_ACCESS_DESC_READ : VCAP_ACCESS_DATA_WRITE));
      EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 1, .buserr = 1, .started = 1}));
      session.capture.expect_remains(session.next_buffer());
      session.capture.check_memory();
      chip.memory.faults.clear();
      session.restart();
      session.post(1);
      session.capture.start(false);
      session.send();
      EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
      session.close();
    }
  }
  EXPECT_GT(halts, 40u);
}

// Sizes, windows, gaps, pieces, stalls, clocks, breaks and missing fields at random.
TEST(Fields, RandomRunsDeliverExactlyTheWholeFrames) {
  for (uint32_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Chip chip({.pixel_period_ps = seed % 3 == 0 ? 3636ull : 13468ull, .seed = seed});
    chip.memory.timing = random_timing(random);
    chip.video.gap_percent = random.between(0, 50);
    chip.video.field_noise_percent = 50;
    CaptureSetup setup{.ring_log2 = 12, .completion_log2 = 4, .field_mode = VCAP_FIELD_MODE_WEAVE};
    setup.width = 2 * random.between(1, 20);
    setup.height = random.between(1, 6);
    setup.stride = 2 * setup.width + random.between(0, 9);
    if (random.chance(60)) {
      setup.left = 2 * random.between(0, 4);
      setup.top = random.between(0, 3);
      setup.input_width = setup.left + setup.width + 2 * random.between(0, 4);
      setup.input_height = setup.top + setup.height + random.between(0, 3);
    }
    Session session(chip, setup, seed);
    session.capture.start(true);
    uint32_t dropped = 0;
    for (uint32_t round = 0; round < 8; ++round) {
      session.post(9, 1, random.between(10, 200));
      std::vector<uint32_t> expected;
      while (expected.size() < 8) {
        const Frame frame = session.capture.new_frame();
        Lines first = field_of(session, frame, 0), second = field_of(session, frame, 1);
        chip.video.pause(random.between(0, 20));
        switch (random.between(0, 5)) {
          case 0: {  // field 0 breaks; its field 1 may be missing
            send_broken(session, random_break(random, first));
            if (random.chance(50)) chip.video.send(second, true, true);
            ++dropped;
            break;
          }
          case 1:  // field 1 is missing
            session.send_broken(first);
            ++dropped;
            break;
          case 2: {  // field 1 comes twice
            session.send_woven(frame, first, second);
            expected.push_back(session.sent() - 1);
            Frame lost;
            lost.field = true;
            session.send_as(lost, second);
            ++dropped;
            break;
          }
          case 3: {  // field 1 lacks lines above its window's end
            session.send_broken(first);
            second.resize(setup.top + setup.height - 1);
            if (!second.empty()) chip.video.send(second, true, true);
            ++dropped;
            break;
          }
          default:
            session.send_woven(frame, first, second);
            expected.push_back(session.sent() - 1);
        }
      }
      session.send();  // what is cut off ends here
      expected.push_back(session.sent() - 1);
      EXPECT_EQ(session.finish(), expected);
    }
    EXPECT_EQ(session.capture.counters(), format_lost(session, dropped));
    session.close();
  }
}

}  // namespace
}  // namespace p2p::rtltest
