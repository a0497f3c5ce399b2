// Memory anywhere in 64 bits of address space: every bit of an address and of a length does its work.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr size_t kMemory = size_t{128} << 10;
constexpr CaptureSetup kSetup{.width = 30, .height = 5, .stride = 64, .ring_log2 = 6, .completion_log2 = 2};

uint64_t random_base(Random& random) {
  const uint64_t high = random.between(0, 0xFFFF'FFFE), low = random.between(0, 0xFFFF'FFFE);
  return (high << 32 | low) / kMemory * kMemory;
}

// The lowest place and nearly the highest, then pairs of places that differ in every bit.
std::vector<uint64_t> bases() {
  Random random(5);
  std::vector<uint64_t> all{0, ~uint64_t{0} / kMemory * kMemory - kMemory};
  for (uint32_t i = 0; i < 6; ++i) {
    const uint64_t base = random_base(random);
    all.push_back(base);
    all.push_back(~base / kMemory * kMemory);
  }
  return all;
}

TEST(Addresses, FramesRecordsAndMessagesGoWhereTheyShould) {
  Chip chip({.memory_size = kMemory});
  chip.memory.timing = {.max_latency = 20};
  uint32_t seed = 1;
  for (const uint64_t base : bases()) {
    SCOPED_TRACE(testing::Message() << "memory at " << std::hex << base);
    chip.memory.move_to(base);
    Session session(chip, kSetup, ++seed);
    const uint64_t message = base + 64 + 4 * (seed % 4);
    chip.write(VCAP_MSI_ADDR_LO, static_cast<uint32_t>(message));
    chip.write(VCAP_MSI_ADDR_HI, static_cast<uint32_t>(message >> 32));
    session.post(4, 7, 90);
    session.capture.start(true);
    for (uint32_t i = 0; i < 4; ++i) session.send();
    EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2, 3}));
    session.close();
    const uint32_t word = ~static_cast<uint32_t>(message) * 0x9E3779B1u;
    chip.write(VCAP_MSI_DATA, word);
    chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_OVERFLOW);
    chip.write(VCAP_MSI_CTRL, VCAP_MSI_CTRL_ENABLE);
    chip.write(VCAP_INTR_TEST, VCAP_INTR_OVERFLOW);
    chip.run(60);
    uint32_t found = 0;
    std::memcpy(&found, chip.memory.at(message), sizeof found);
    EXPECT_EQ(found, word) << "the message";
    chip.write(VCAP_MSI_CTRL, 0);
    chip.write(VCAP_INTR_ENABLE, 0);
    session.restart();
  }
  expect_clean_bus(chip);
}

TEST(Addresses, AnErrorNamesItsWholeAddress) {
  Chip chip({.memory_size = kMemory});
  uint32_t seed = 1;
  for (const uint64_t base : bases()) {
    for (const bool read : {false, true}) {
      SCOPED_TRACE(testing::Message() << (read ? "read" : "write") << ", memory at " << std::hex << base);
      chip.memory.move_to(base);
      Capture capture(chip, kSetup, ++seed);
      Buffer buffer = capture.whole();
      capture.post(buffer);
      const uint64_t failing = read ? capture.descriptor_address(0) : buffer.pieces[0].address;
      chip.memory.faults = {{failing, failing + 1, read, static_cast<uint8_t>(2 + seed % 2)}};
      capture.doorbell();
      capture.enable(true);
      chip.run(20);
      chip.video.send(capture.new_frame());
      EXPECT_TRUE(chip.run_until([&] { return (chip.status() & VCAP_STATUS_HALTED) != 0; }, 3000));
      const uint64_t told = uint64_t{chip.read(VCAP_ERR_ADDR_HI)} << 32 | chip.read(VCAP_ERR_ADDR_LO);
      EXPECT_EQ(told, failing / kBeatBytes * kBeatBytes);
      EXPECT_EQ(chip.read(VCAP_ERR_CAUSE) & 3, 2 + seed % 2);
      chip.memory.faults.clear();
      ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
      capture.soft_reset();
    }
  }
}

TEST(Addresses, TheSurplusOfABufferMayBeAnyLength) {
  Chip chip({.memory_size = kMemory});
  Random random(9);
  Session session(chip, kSetup);
  std::vector<uint32_t> expected;
  for (uint32_t i = 0; i < 24; ++i) {
    Buffer buffer = session.capture.whole(i % 8);
    buffer.pieces[0].length = std::max(buffer.pieces[0].length, random.between(0, 0xFF'FFFF) | 1u << i);
    session.post(buffer);
    expected.push_back(i);
  }
  session.capture.doorbell();
  session.capture.start(true);
  std::vector<uint32_t> delivered;
  for (uint32_t i = 0; i < 24; ++i) {
    session.send();
    for (const uint32_t sequence : session.finish()) delivered.push_back(sequence);
  }
  EXPECT_EQ(delivered, expected);
  session.close();
}

}  // namespace
}  // namespace p2p::rtltest
