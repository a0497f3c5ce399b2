// What counts on for ever begins again behind its largest value: indices of rings, numbers of frames, times. Tests put
// them near it; the way there would take too long.
#include <gtest/gtest.h>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{kChannels} << 16};
constexpr CaptureSetup kSetup{.width = 10, .height = 4, .ring_log2 = 6, .completion_log2 = 4, .nv12 = kPlanes == 2};

Lines cut_short(const Frame& frame) {
  Lines lines = frame.lines();
  lines[1].pop_back();
  return lines;
}

// Session holds RING_HEAD and the record's index against what was posted; a void frame reads its descriptors again.
TEST(Numbers, IndicesOfARingPass65536) {
  Chip chip(kSmall);
  for (uint32_t c = 0; c < kChannels; ++c) {
    for (const uint32_t begin : {0x7FFAu, 0xFFFAu, 0x5550u, 0xAAA0u}) {
      SCOPED_TRACE(testing::Message() << "channel " << c << " from " << std::hex << begin);
      Session session(chip, kSetup, begin + c, c);
      session.capture.begin_rings_at(static_cast<uint16_t>(begin));
      session.post(6, 10, 30);
      session.capture.start(true);
      std::vector<uint32_t> expected;
      for (uint32_t i = 0; i < 6; ++i) {
        if (i % 2 == 1) session.send_broken(cut_short(session.capture.new_frame()));
        expected.push_back(session.sent());
        session.send();
      }
      EXPECT_EQ(session.finish(), expected);
      session.close();
      session.restart();
      EXPECT_EQ(session.capture.read(VCAP_RING_HEAD), 0u);
    }
  }
  expect_clean_bus(chip);
}

// A descriptor that cannot be read, one that makes no sense, a write that fails. An index goes on behind the end of its
// ring; a descriptor's address does not.
TEST(Numbers, ErrorsNameTheWholeIndex) {
  enum class Kind { kRead, kBad, kWrite };
  for (uint32_t plane = 0; plane < kPlanes; ++plane) {
    for (const Kind kind : {Kind::kRead, Kind::kBad, Kind::kWrite}) {
      Chip chip(kSmall);
      for (const uint32_t index : {0xFFFFu, 0u, 0xA5A5u}) {
        SCOPED_TRACE(testing::Message() << "plane " << plane << ", kind " << static_cast<int>(kind) << ", index "
                                        << std::hex << index);
        Capture capture(chip, kSetup, index);
        capture.begin_rings_at(static_cast<uint16_t>(index));
        Buffer buffer = capture.whole();
        capture.post(buffer);
        const uint64_t descriptor = capture.descriptor_address(index, plane);
        const uint64_t data = buffer.of(plane)[0].address;
        if (kind == Kind::kRead) chip.memory.faults = {{descriptor, descriptor + 1, true, 3}};
        if (kind == Kind::kWrite) chip.memory.faults = {{data, data + 1, false, 2}};
        const VCAP_DESCRIPTOR empty{data, 0, VCAP_DESC_FIRST | VCAP_DESC_LAST};
        if (kind == Kind::kBad) capture.poke(descriptor, &empty, sizeof empty);
        capture.doorbell();
        capture.start(true);
        chip.video.send(capture.new_frame());
        EXPECT_TRUE(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0; }, 3000));
        const uint32_t cause = chip.read(VCAP_ERR_CAUSE);
        EXPECT_EQ(VCAP_ERR_INDEX(cause), index);
        EXPECT_EQ((cause & VCAP_ERR_PLANE) != 0, plane == 1);
        EXPECT_EQ(chip.read_both(VCAP_ERR_ADDR_LO), kind == Kind::kWrite ? data : descriptor);
        ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
        chip.memory.faults.clear();
        capture.soft_reset();
      }
    }
  }
}

// All slots of the largest ring hold a buffer, and it is full.
TEST(Numbers, ARingOf32768DescriptorsMayBeFull) {
  constexpr uint32_t kSlots = 1u << 15, kBegin = 0x7FFD;
  Chip chip({.memory_size = size_t{kChannels} << 21});
  Capture capture(chip, {.width = 4, .height = 2, .ring_log2 = 15, .nv12 = kPlanes == 2});
  capture.begin_rings_at(kBegin);
  const Buffer buffer = capture.whole(3);
  for (uint32_t plane = 0; plane < capture.planes(); ++plane) {
    const Piece& piece = buffer.of(plane)[0];
    const VCAP_DESCRIPTOR descriptor{piece.address, piece.length, VCAP_DESC_FIRST | VCAP_DESC_LAST};
    for (uint32_t i = 0; i < kSlots; ++i) {
      capture.poke(capture.descriptor_address(i, plane), &descriptor, sizeof descriptor);
    }
  }
  if (kPlanes == 2) chip.write(VCAP_PLANE1_RING_TAIL, kBegin + kSlots);
  chip.write(VCAP_RING_TAIL, kBegin + kSlots);
  capture.start(true);
  for (uint32_t i = 0; i < 6; ++i) {
    const Frame frame = capture.new_frame();
    chip.video.send(frame);
    ASSERT_TRUE(capture.wait_head(i + 1));
    EXPECT_TRUE(capture.holds(buffer, frame)) << "frame " << i;
    EXPECT_EQ(chip.read(VCAP_RING_HEAD), kBegin + i + 1);
    capture.release_completions(i + 1);
  }
  capture.soft_reset();
  expect_clean_bus(chip);
}

// However far ahead the doorbell is, a ring with a buffer is not an empty one; a frame waits for its descriptor.
TEST(Numbers, ADoorbellOfAnyPowerOfTwoDescriptorsIsFollowed) {
  Chip chip({.memory_size = size_t{kChannels} << 21});
  Capture capture(chip, {.width = 4, .height = 2, .ring_log2 = 15, .nv12 = kPlanes == 2});
  for (uint32_t count = 1; count < 1u << 16; count *= 2) {
    SCOPED_TRACE(testing::Message() << "RING_TAIL " << count);
    Buffer buffer = capture.whole();
    capture.post(buffer);
    const uint64_t before = chip.memory.reads_taken;
    chip.memory.hold_reads = true;
    if (kPlanes == 2) chip.write(VCAP_PLANE1_RING_TAIL, count);
    chip.write(VCAP_RING_TAIL, count);
    capture.start(true);
    const Frame frame = capture.new_frame();
    chip.video.send(frame);
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
    chip.run(50);
    chip.memory.hold_reads = false;
    EXPECT_TRUE(chip.run_until([&] { return chip.memory.reads_taken >= before + kPlanes; }, 50)) << "m_axi_arvalid";
    EXPECT_TRUE(capture.wait_head(1));
    EXPECT_TRUE(capture.holds(buffer, frame));
    capture.soft_reset();
  }
  expect_clean_bus(chip);
}

TEST(Numbers, FramesPass2To32) {
  Chip chip(kSmall);
  Capture capture(chip, kSetup);
  capture.start(true);
  chip.preset_frame_number(0xFFFF'FFFE);
  for (uint32_t i = 0; i < 4; ++i) {
    Buffer buffer = capture.whole();
    capture.post(buffer);
    capture.doorbell();
    const Frame frame = capture.new_frame();
    chip.video.send(frame);
    ASSERT_TRUE(capture.wait_head(i + 1));
    capture.expect_frame(i, buffer, frame, 0xFFFF'FFFE + i, i == 0);
  }
  capture.stop();
  capture.check_memory();
}

TEST(Numbers, TimesHave64Bits) {
  Chip chip(kSmall);
  Capture capture(chip, kSetup);
  capture.start(true);
  uint32_t frames = 0;
  for (const uint64_t time :
       {0xAAAA'AAAA'AAAA'AAAAu, 0x5555'5555'5555'5555u, 0xFFFF'FFFF'FFFF'0000u, 0x0001'0000'0000'FFFFu,
        0xAAAA'AAAA'AAAA'AAAAu, 0x5555'5555'5555'5555u, 0xFFFF'FFFF'FFFF'FF80u}) {
    SCOPED_TRACE(testing::Message() << std::hex << time);
    Buffer buffer = capture.whole();
    capture.post(buffer);
    capture.doorbell();
    chip.preset_timestamp(time);
    chip.video.send(capture.new_frame());
    ASSERT_TRUE(capture.wait_head(++frames));
    const VCAP_COMPLETION record = capture.record(frames - 1);
    const uint64_t now = chip.time();
    EXPECT_LT(record.StartTime - time, record.EndTime - time);
    EXPECT_LT(record.EndTime - time, now - time);
    EXPECT_LT(now - time, 1000u);
  }
  capture.stop();
}

}  // namespace
}  // namespace p2p::rtltest
