// Memory anywhere in 64 bits of address space: every bit of an address and of a length does its work.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr size_t kMemory = size_t{kChannels} << 17;
constexpr CaptureSetup kSetup{
    .width = 30, .height = 5, .stride = 64, .ring_log2 = 6, .completion_log2 = 2, .nv12 = kPlanes == 2};
constexpr uint64_t kAlignment = 64;  // of rings

uint64_t random_base(Random& random) {
  const uint64_t high = random.between(1, 0xFFFF'FFFE), low = random.between(0, 0xFFFF'FFFE);
  return (high << 32 | low) / kAlignment * kAlignment;
}

// The lowest place and nearly the highest, then pairs of places that differ in every bit.
std::vector<uint64_t> bases() {
  Random random(5);
  std::vector<uint64_t> all{0, ~uint64_t{0} / kMemory * kMemory - kMemory};
  for (uint32_t i = 0; i < 6; ++i) {
    const uint64_t base = random_base(random);
    all.push_back(base);
    all.push_back(~base / kAlignment * kAlignment);
  }
  return all;
}

using Sessions = std::vector<std::unique_ptr<Session>>;

// A session on every channel.
Sessions sessions_on(Chip& chip, uint32_t seed) {
  Sessions sessions;
  for (uint32_t c = 0; c < kChannels; ++c) {
    sessions.push_back(std::make_unique<Session>(chip, kSetup, seed + 100 * c, c));
  }
  return sessions;
}

// A message of each channel, to any place, of any data.
void expect_messages(Chip& chip, Sessions& sessions, Random& random) {
  for (auto& session : sessions) {
    Capture& capture = session->capture;
    const uint64_t message = chip.memory.base() + 4ull * random.between(0, kMemory / 4 - 1);
    const uint32_t word = random.between(0, 0xFFFF'FFFE);
    capture.set_message(message, word);
    capture.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
    capture.write(VCAP_INTR_ENABLE, VCAP_INTR_OVERFLOW);
    capture.write(VCAP_MSI_CTRL, VCAP_MSI_CTRL_ENABLE);
    capture.write(VCAP_INTR_TEST, VCAP_INTR_OVERFLOW);
    chip.run(60);
    uint32_t found = 0;
    std::memcpy(&found, chip.memory.at(message), sizeof found);
    EXPECT_EQ(found, word) << "the message to " << std::hex << message;
    capture.write(VCAP_MSI_CTRL, 0);
    capture.write(VCAP_INTR_ENABLE, 0);
  }
}

TEST(Addresses, FramesRecordsAndMessagesGoWhereTheyShould) {
  Chip chip({.memory_size = kMemory});
  chip.memory.timing = {.max_latency = 20};
  Random random(6);
  uint32_t seed = 1;
  for (const uint64_t base : bases()) {
    SCOPED_TRACE(testing::Message() << "memory at " << std::hex << base);
    chip.memory.move_to(base);
    Sessions sessions = sessions_on(chip, ++seed);
    for (auto& session : sessions) {
      session->post(4, 7, 90);
      session->capture.start(true);
    }
    for (uint32_t i = 0; i < 4; ++i) {
      for (auto& session : sessions) session->send();
    }
    for (auto& session : sessions) EXPECT_EQ(session->finish(), (std::vector<uint32_t>{0, 1, 2, 3}));
    for (auto& session : sessions) session->close();
    expect_messages(chip, sessions, random);
    for (auto& session : sessions) session->restart();
  }
  expect_clean_bus(chip);
}

TEST(Addresses, AnErrorNamesItsWholeAddress) {
  Chip chip({.memory_size = kMemory});
  Random random(7);
  uint32_t seed = 0;
  for (const uint64_t base : bases()) {
    for (const bool read : {false, true}) {
      const uint32_t channel = seed % kChannels, plane = random.between(0, kPlanes - 1);
      const uint8_t response = static_cast<uint8_t>(random.between(2, 3));
      SCOPED_TRACE(testing::Message() << (read ? "read" : "write") << " of channel " << channel << ", plane " << plane
                                      << ", memory at " << std::hex << base);
      chip.memory.move_to(base);
      Capture capture(chip, kSetup, ++seed, channel);
      Buffer buffer = capture.whole();
      capture.post(buffer);
      const uint64_t failing = read ? capture.descriptor_address(0, plane) : buffer.of(plane)[0].address;
      chip.memory.faults = {{failing, failing + 1, read, response}};
      capture.doorbell();
      capture.enable(true);
      chip.run(20);
      capture.video().send(capture.new_frame());
      EXPECT_TRUE(chip.run_until([&] { return (capture.read(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0; }, 3000));
      const uint64_t told = capture.read_both(VCAP_ERR_ADDR_LO);
      EXPECT_EQ(told, failing / kBeatBytes * kBeatBytes);
      EXPECT_EQ(VCAP_ERR_RESPONSE(capture.read(VCAP_ERR_CAUSE)), response);
      chip.memory.faults.clear();
      ASSERT_TRUE(chip.run_until([&] { return capture.video().waiting() == 0; }));
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
