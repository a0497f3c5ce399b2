// NV12: luma and chroma of a frame in buffers of their own, each from its own ring; a frame is delivered whole, in both
// planes, or not at all.
#include <gtest/gtest.h>

#include <memory>

#include "tests/rtl/breaks.h"

namespace p2p::rtltest {
namespace {

constexpr CaptureSetup kSetup{.width = 36, .height = 7, .ring_log2 = 9, .completion_log2 = 3, .nv12 = true};

CaptureSetup random_setup(Random& random, bool nv12) {
  CaptureSetup setup{.ring_log2 = 12, .completion_log2 = 4, .nv12 = nv12};
  setup.width = 2 * random.between(1, 24);
  setup.height = random.between(1, 9);
  setup.stride = (nv12 ? 1 : 2) * setup.width + (random.chance(50) ? 0 : random.between(1, 40));
  setup.field_mode = random.chance(30) ? VCAP_FIELD_MODE_SEPARATE : 0;
  if (random.chance(60)) {
    setup.left = 2 * random.between(0, 5);
    setup.top = random.between(0, 3);
    setup.input_width = setup.left + setup.width + 2 * random.between(0, 5);
    setup.input_height = setup.top + setup.height + random.between(0, 3);
  }
  return setup;
}

// Sends a frame, broken or not; true if it must be delivered.
bool send_one(Session& session, const CaptureSetup& setup, Random& random, uint32_t broken_percent) {
  Capture& capture = session.capture;
  Frame frame = capture.new_frame(), lost;
  frame.field = lost.field = setup.field_mode == VCAP_FIELD_MODE_SEPARATE && random.chance(50);
  capture.video().pause(random.between(0, 20));
  const Lines lines = capture.video_of(frame.lines());
  if (!random.chance(broken_percent)) {
    session.send_as(frame, lines);
    return true;
  }
  const std::vector<Break> breaks = all_breaks(lines);
  const Break& broken = breaks[random.between(0, static_cast<uint32_t>(breaks.size()) - 1)];
  const bool whole = whole_before(setup, broken);
  session.send_as(whole ? frame : lost, broken.lines);
  if (broken.cut_in_line) capture.video().cut_here();
  return whole;
}

// Buffers whose planes are cut each in its own way.
void post_unlike(Session& session, Random& random, uint32_t count) {
  Capture& capture = session.capture;
  for (uint32_t i = 0; i < count; ++i) {
    Buffer buffer = capture.scattered(1, random.between(20, 300), random.between(0, 1) * random.between(0, 50));
    if (!buffer.chroma.empty()) {
      const uint32_t longest = random.between(2, 100);
      buffer.chroma = capture.pieces(capture.frame_bytes(1) + random.between(0, 9), 1, longest);
    }
    session.post(buffer);
  }
  capture.doorbell();
}

// Lines and planes that fill their last word in part or whole.
TEST(Nv12, EveryByteOfBothPlanesForAnySize) {
  for (uint32_t width = 2; width <= 22; width += 2) {
    for (uint32_t height = 1; height <= 5; ++height) {
      SCOPED_TRACE(testing::Message() << width << "x" << height);
      Chip chip({.seed = width + height, .memory_size = size_t{128} << 10});
      chip.video.gap_percent = height * 8;
      Session session(chip, {.width = width, .height = height, .nv12 = true}, width);
      session.post(3);
      session.capture.start(true);
      for (uint32_t i = 0; i < 3; ++i) session.send();
      EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2}));
      session.close();
    }
  }
}

// A window may begin in an odd line: chroma is of every second line of the window, not of the video.
TEST(Nv12, ChromaIsOfTheWindowsEvenLines) {
  for (uint32_t top = 0; top < 4; ++top) {
    for (uint32_t height = 1; height < 5; ++height) {
      SCOPED_TRACE(testing::Message() << height << " lines from " << top);
      Chip chip({.memory_size = size_t{128} << 10});
      Session session(chip, {.width = 10,
                             .height = height,
                             .stride = 13,
                             .input_width = 18,
                             .input_height = 9,
                             .left = 4,
                             .top = top,
                             .nv12 = true});
      session.post(2, 1, 9);
      session.capture.start(true);
      session.send();
      session.send();
      EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
      session.close();
    }
  }
}

// Sizes, windows, gaps, pieces, fields, clocks, stalls and breaks, with packed frames in between, on the same chip.
TEST(Nv12, WithStallExactlyTheWholeFramesAreDelivered) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    Chip chip({.pixel_period_ps = seed % 3 == 0 ? 3636ull : 13468ull, .seed = seed});
    chip.video.field_noise_percent = 50;
    for (uint32_t round = 0; round < 8; ++round) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", round " << round);
      chip.memory.timing = random_timing(random);
      chip.video.gap_percent = random.between(0, 50);
      const CaptureSetup setup = random_setup(random, round % 4 != 3);
      Session session(chip, setup, seed * 100 + round);
      post_unlike(session, random, 12);
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

TEST(Nv12, WithoutStallNothingIsTornAndAllIsCounted) {
  uint32_t overflows = 0, deliveries = 0, empty = 0;
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    Random random(seed);
    Chip chip({.pixel_period_ps = 3636, .seed = seed});
    for (uint32_t round = 0; round < 6; ++round) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", round " << round);
      chip.memory.timing = random_timing(random);
      CaptureSetup setup = random_setup(random, true);
      setup.height += 20;
      if (setup.input_height != 0) setup.input_height += 20;
      Session session(chip, setup, seed * 100 + round);
      post_unlike(session, random, random.between(4, 20));
      session.capture.start(false);
      for (uint32_t i = 0; i < 60; ++i) {
        send_one(session, setup, random, 20);
        // Held long enough for the FIFOs to run full while there are buffers.
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
  EXPECT_GT(deliveries, 50u);
  EXPECT_GT(empty, 20u);
}

// One plane is slow: its FIFO is full while the other's runs empty. Neither waits for the other for ever.
TEST(Nv12, APlaneInTinyPiecesDoesNotStopTheOther) {
  for (const uint32_t slow : {0u, 1u}) {
    SCOPED_TRACE(testing::Message() << "plane " << slow << " in pieces of a byte or two");
    Chip chip({.pixel_period_ps = 3636});
    chip.memory.timing = {.aw_stall = 30, .w_stall = 30, .min_latency = 5, .max_latency = 20};
    const CaptureSetup setup{.width = 64, .height = 50, .ring_log2 = 13, .nv12 = true};
    Session session(chip, setup);
    for (uint32_t i = 0; i < 2; ++i) {
      Buffer buffer = session.capture.whole();
      (slow == 0 ? buffer.pieces : buffer.chroma) = session.capture.pieces(session.capture.frame_bytes(slow), 1, 2);
      session.post(buffer);
    }
    session.capture.doorbell();
    session.capture.start(true);
    session.send();
    session.send();
    ASSERT_TRUE(session.capture.wait_head(2))
        << "s_axis_video_tready is stuck, " << chip.video.waiting() << " beats wait";
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1}));
    session.close();
  }
}

// The record is issued in the cycle after the last response, whichever plane's that is, and not before.
TEST(Nv12, TheRecordWaitsForBothPlanes) {
  uint32_t luma_last = 0, chroma_last = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Chip chip({.seed = seed, .memory_size = size_t{64} << 10});
    chip.memory.timing = {.min_latency = 1, .max_latency = 60};
    Session session(chip, kSetup, seed);
    session.post(1);
    const uint64_t record = session.capture.record_address(0), luma = session.next_buffer().pieces[0].address;
    uint64_t issued = 0, unanswered = 0;
    bool of_luma = false;
    std::array<bool, 16> luma_ids{};
    chip.watch = [&](const Vvcap& pins) {
      if (pins.m_axi_awvalid && pins.m_axi_awaddr == record && issued == 0) {
        issued = chip.cycle();
        unanswered = chip.memory.bursts.size() - chip.memory.responses_taken;
      }
      if (issued == 0 && pins.m_axi_awvalid && pins.m_axi_awready) {
        luma_ids[pins.m_axi_awid] =
            pins.m_axi_awaddr / 16 >= luma / 16 && pins.m_axi_awaddr < luma + session.capture.frame_bytes();
      }
      if (issued == 0 && pins.m_axi_bvalid && pins.m_axi_bready) of_luma = luma_ids[pins.m_axi_bid];
    };
    session.capture.start(true);
    session.send();
    uint64_t last_data = 0;
    ASSERT_TRUE(chip.run_until([&] {
      if (issued == 0) last_data = chip.memory.last_response_cycle;
      return issued != 0;
    }));
    EXPECT_EQ(unanswered, 0u);
    EXPECT_EQ(issued, last_data + 1) << "m_axi_awvalid of the record";
    ++(of_luma ? luma_last : chroma_last);
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
    session.close();
  }
  EXPECT_GT(luma_last, 3u);
  EXPECT_GT(chroma_last, 3u);
}

// Whoever else uses the bus: a plane's burst that waits for its turn is not forgotten.
TEST(Nv12, WhenTheRecordLeavesTheFrameIsInMemory) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Chip chip({.seed = seed, .memory_size = size_t{kChannels} << 18});
    chip.memory.timing = {.aw_stall = 75, .w_stall = 10, .min_latency = 1, .max_latency = 12};
    std::vector<std::unique_ptr<Session>> others;
    for (uint32_t c = 1; c < kChannels; ++c) {
      const CaptureSetup setup{.width = 60, .height = 30, .ring_log2 = 11, .nv12 = false};
      others.push_back(std::make_unique<Session>(chip, setup, seed + c, c));
      others.back()->post(8, 10, 60);
      others.back()->capture.start(true);
    }
    Session session(chip, kSetup, seed);
    session.post(8, 3, 60);
    session.capture.start(true);
    uint32_t issued = 0;
    chip.watch = [&](const Vvcap& pins) {
      if (issued == 8 || !pins.m_axi_awvalid || pins.m_axi_awaddr != session.capture.record_address(issued)) return;
      EXPECT_TRUE(session.capture.holds(session.buffer(issued), session.frame(issued)))
          << "the record of frame " << issued << " is on its way, cycle " << chip.cycle();
      ++issued;
    };
    for (uint32_t i = 0; i < 8; ++i) {
      session.send();
      for (auto& other : others) other->send();
    }
    EXPECT_EQ(session.finish().size(), 8u);
    EXPECT_EQ(issued, 8u);
    for (auto& other : others) EXPECT_EQ(other->finish().size(), 8u);
    session.close();
  }
}

// A ring without a buffer drops the frame and leaves the other's buffer for the next.
TEST(Nv12, AFrameNeedsABufferOfEachRing) {
  for (const bool luma_first : {false, true}) {
    SCOPED_TRACE(luma_first ? "no chroma buffer" : "no luma buffer");
    Chip chip({.memory_size = size_t{64} << 10});
    Session session(chip, kSetup);
    session.post(session.capture.whole(3));
    chip.write(luma_first ? VCAP_RING_TAIL : VCAP_PLANE1_RING_TAIL, 1);
    session.capture.start(true);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{});
    EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 1, .nobuf = 1, .started = 1}));
    EXPECT_EQ(chip.read(VCAP_STATUS) & VCAP_STATUS_DESC_AVAIL, 0u);
    session.capture.doorbell();
    EXPECT_EQ(chip.read(VCAP_STATUS) & VCAP_STATUS_DESC_AVAIL, VCAP_STATUS_DESC_AVAIL);
    session.send();
    EXPECT_EQ(session.finish(), std::vector<uint32_t>{1});
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_FRAME_DONE | VCAP_INTR_NOBUF);
    session.close();
  }
}

// A buffer too short in one plane, by a byte or by most: no record, and neither ring moves.
TEST(Nv12, AShortBufferInEitherPlaneVoidsTheFrame) {
  for (const uint32_t plane : {0u, 1u}) {
    for (const uint32_t missing : {1u, 40u, 100u}) {
      SCOPED_TRACE(testing::Message() << "plane " << plane << " lacks " << missing << " bytes");
      Chip chip({.memory_size = size_t{64} << 10});
      Session session(chip, kSetup);
      Buffer buffer = session.capture.scattered(10, 60);
      auto& pieces = plane == 0 ? buffer.pieces : buffer.chroma;
      pieces = session.capture.pieces(session.capture.frame_bytes(plane) - missing, 10, 60);
      session.post(buffer);
      session.capture.doorbell();
      session.capture.start(true);
      for (uint32_t i = 0; i < 3; ++i) session.send();
      EXPECT_EQ(session.finish(), std::vector<uint32_t>{});
      EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 3, .nobuf = 3, .started = 3}));
      session.close();
      session.restart();
      session.post(1);
      session.capture.start(true);
      session.send();
      EXPECT_EQ(session.finish(), std::vector<uint32_t>{0});
      session.close();
    }
  }
}

// Woven fields have no NV12: each frame is counted, none is written.
TEST(Nv12, WovenFramesCountAsFormat) {
  Chip chip({.memory_size = size_t{64} << 10});
  CaptureSetup setup = kSetup;
  setup.field_mode = VCAP_FIELD_MODE_WEAVE;
  Session session(chip, setup);
  session.post(session.capture.whole());
  session.capture.doorbell();
  session.capture.start(false);
  for (uint32_t i = 0; i < 3; ++i) {
    const Frame frame = session.capture.new_frame();
    session.send_woven({}, frame.field_lines(0), frame.field_lines(1));
  }
  EXPECT_EQ(session.finish(), std::vector<uint32_t>{});
  EXPECT_EQ(session.capture.counters(), (Counters{.dropped = 3, .format = 3, .started = 3}));
  EXPECT_EQ(chip.memory.bursts.size(), 0u);
  session.close();
}

// Channels capture packed and planar frames side by side.
TEST(Nv12, ChannelsAndPlanesShareTheBus) {
  Chip chip({.seed = 3, .memory_size = size_t{kChannels} << 20});
  chip.memory.timing = {20, 20, 20, 20, 1, 40};
  for (uint32_t round = 0; round < 4; ++round) {
    std::vector<std::unique_ptr<Session>> sessions;
    for (uint32_t c = 0; c < kChannels; ++c) {
      const CaptureSetup setup{.width = 30 + 2 * c, .height = 9 + c, .ring_log2 = 9, .nv12 = ((round >> c) & 1) == 0};
      sessions.push_back(std::make_unique<Session>(chip, setup, round + c, c));
      sessions[c]->post(6, 10, 200);
      sessions[c]->capture.start(true);
    }
    for (uint32_t i = 0; i < 6; ++i) {
      for (auto& session : sessions) session->send();
    }
    for (auto& session : sessions) EXPECT_EQ(session->finish(), (std::vector<uint32_t>{0, 1, 2, 3, 4, 5}));
    for (auto& session : sessions) {
      session->close();
      session->restart();
    }
  }
}

}  // namespace
}  // namespace p2p::rtltest
