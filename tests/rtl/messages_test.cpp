// Message-signalled interrupts: the write that stands for the line, when it comes and when not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr ChipOptions kSmall{.memory_size = size_t{64} << 10};
constexpr CaptureSetup kSetup{.width = 10, .height = 4};
constexpr uint32_t kPlace = 0x80;  // of messages in memory, below the rings

// The chip with messages on, and what arrived of them.
struct Mailbox {
  Chip& chip;
  uint64_t address;
  uint32_t data = 0xC0FFEE11;
  bool line_seen = false;

  explicit Mailbox(Chip& chip_in, uint32_t offset = 0)
      : chip(chip_in), address(chip_in.memory.base() + kPlace + offset) {
    chip.set_message(address, data);
    chip.write(VCAP_MSI_CTRL, VCAP_MSI_CTRL_ENABLE);
    chip.watch = [this](const Vvcap& pins) { line_seen |= pins.intr_o != 0; };
  }
  uint64_t beat_address() const { return address / kBeatBytes * kBeatBytes; }
  size_t sent() const {
    const auto& bursts = chip.memory.bursts;
    return static_cast<size_t>(
        std::count_if(bursts.begin(), bursts.end(), [&](const WriteBurst& b) { return b.address == beat_address(); }));
  }
  // Those issued since the last call, once the chip is quiet.
  size_t arrived() {
    chip.run(20);
    const size_t now = sent(), fresh = now - counted_;
    counted_ = now;
    return fresh;
  }
  uint32_t value() const {
    uint32_t word;
    std::memcpy(&word, chip.memory.at(address), sizeof word);
    return word;
  }

 private:
  size_t counted_ = 0;
};

// A message may be asked for at any time among the bursts of frames.
struct AmongBursts {
  Chip chip;
  Mailbox box{chip};
  Session session;

  AmongBursts(const ChipOptions& options, const CaptureSetup& setup, uint32_t buffers)
      : chip(options), session(chip, setup) {
    session.post(buffers);
    session.capture.start(buffers > 1);
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF);
  }
  void ask() { chip.write(VCAP_INTR_TEST, VCAP_INTR_NOBUF); }
};

TEST(Messages, EachNewCauseSendsOneOfFourBytes) {
  for (uint32_t offset = 0; offset < 2 * kBeatBytes; offset += 4) {
    SCOPED_TRACE(offset);
    Chip chip(kSmall);
    Mailbox box(chip, offset);
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_ALL);
    std::vector<uint8_t> expected = chip.memory.bytes;
    std::memcpy(&expected[kPlace + offset], &box.data, 4);
    for (uint32_t bit = 0; bit < VCAP_IRQ_COUNT; ++bit) {
      chip.write(VCAP_INTR_TEST, 1u << bit);
      EXPECT_EQ(box.arrived(), 1u) << "cause " << bit;
      chip.write(VCAP_INTR_TEST, 1u << bit);
      EXPECT_EQ(box.arrived(), 0u) << "cause " << bit << " is pending already";
    }
    EXPECT_EQ(chip.memory.bytes, expected) << "m_axi_wstrb, m_axi_wdata";
    EXPECT_FALSE(box.line_seen) << "intr_o while MSI_CTRL.ENABLE";
    chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
    EXPECT_EQ(box.arrived(), 0u) << "nothing is pending any more";
    expect_clean_bus(chip);
  }
}

TEST(Messages, NothingIsSentForWhatIsNotEnabled) {
  Chip chip(kSmall);
  Mailbox box(chip);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_ALL);
  EXPECT_EQ(box.arrived(), 0u);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF);
  EXPECT_EQ(box.arrived(), 1u) << "INTR_ENABLE uncovers a cause";
  chip.write(VCAP_MSI_CTRL, 0);
  chip.run(4);
  EXPECT_TRUE(chip.interrupt()) << "intr_o without MSI_CTRL.ENABLE";
  chip.write(VCAP_INTR_TEST, VCAP_INTR_ALL);
  EXPECT_EQ(box.arrived(), 0u);
  chip.write(VCAP_MSI_CTRL, VCAP_MSI_CTRL_ENABLE);
  EXPECT_EQ(box.arrived(), 1u) << "MSI_CTRL.ENABLE with a cause pending";
  EXPECT_FALSE(chip.interrupt());
}

TEST(Messages, AWriteThatLeavesACausePendingSendsAnother) {
  Chip chip(kSmall);
  Mailbox box(chip);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF | VCAP_INTR_OVERFLOW);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_NOBUF | VCAP_INTR_OVERFLOW | VCAP_INTR_DRAINED);
  EXPECT_EQ(box.arrived(), 1u) << "both at once";
  chip.write(VCAP_INTR_STATE, VCAP_INTR_NOBUF);
  EXPECT_EQ(box.arrived(), 1u) << "OVERFLOW is left";
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_OVERFLOW);
  EXPECT_EQ(box.arrived(), 1u) << "OVERFLOW is left";
  chip.write(VCAP_INTR_STATE, VCAP_INTR_OVERFLOW);
  EXPECT_EQ(box.arrived(), 0u) << "only DRAINED is left, which is masked";
  chip.write(VCAP_INTR_STATE, 0);
  EXPECT_EQ(box.arrived(), 0u);
}

// A cause stays pending while every other place of the register space is written, without strobes.
TEST(Messages, AWriteElsewhereSendsNone) {
  Chip chip(kSmall);
  Mailbox box(chip);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_NOBUF);
  EXPECT_EQ(box.arrived(), 1u);
  for (uint32_t offset = 0; offset < 0x1000; ++offset) {
    if (offset == VCAP_INTR_STATE || offset == VCAP_INTR_ENABLE) continue;
    chip.write(offset, 0, 0);
    ASSERT_EQ(box.sent(), 1u) << "offset 0x" << std::hex << offset;
  }
}

// A cause that comes in each cycle around the write that clears another, or itself: what is left was told after it.
TEST(Messages, NoneIsLostAroundAClear) {
  uint32_t left_over = 0, gone = 0;
  for (const uint32_t cleared : {VCAP_INTR_DRAINED, VCAP_INTR_NOBUF}) {
    for (uint32_t wait = 0; wait < 60; ++wait) {
      SCOPED_TRACE(testing::Message() << "clear of " << cleared << " after " << wait << " cycles");
      Chip chip(kSmall);
      Mailbox box(chip);
      Session session(chip, kSetup);
      session.capture.start(false);
      chip.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF | VCAP_INTR_DRAINED);
      chip.write(VCAP_INTR_TEST, cleared);
      EXPECT_EQ(box.arrived(), 1u);
      session.send();
      chip.run(wait);
      uint64_t accepted = 0;
      chip.watch = [&](const Vvcap& pins) {
        if (pins.s_axil_awvalid && pins.s_axil_awready) accepted = chip.cycle();
      };
      chip.write(VCAP_INTR_STATE, cleared);
      chip.watch = nullptr;
      ASSERT_TRUE(session.capture.wait_started(1));
      if (chip.read(VCAP_INTR_STATE) == 0) {
        ++gone;
        continue;
      }
      ++left_over;
      EXPECT_GT(chip.memory.bursts.back().cycle, accepted) << "m_axi_awvalid of a message after the clear";
    }
  }
  EXPECT_GT(left_over, 60u);
  EXPECT_GT(gone, 5u);
}

TEST(Messages, ThoseThatWaitAreMerged) {
  Chip chip(kSmall);
  Mailbox box(chip);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_ALL);
  chip.memory.hold_responses = true;
  for (uint32_t bit = 0; bit < 5; ++bit) chip.write(VCAP_INTR_TEST, 1u << bit);
  EXPECT_EQ(box.arrived(), 1u) << "one in flight";
  EXPECT_EQ(chip.status() & VCAP_STATUS_IDLE, 0u) << "STATUS.IDLE with a message unanswered";
  EXPECT_EQ(VCAP_STATUS_OUTSTANDING(chip.status()), 1u);
  chip.memory.hold_responses = false;
  EXPECT_EQ(box.arrived(), 1u) << "one for all that waited";
  EXPECT_NE(chip.status() & VCAP_STATUS_IDLE, 0u);
  chip.memory.hold_responses = true;
  chip.write(VCAP_INTR_TEST, VCAP_INTR_FIFO_ERR);
  EXPECT_EQ(box.arrived(), 1u);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_DRAINED);
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  chip.memory.hold_responses = false;
  EXPECT_EQ(box.arrived(), 0u) << "nothing is pending any more";
}

// What is sent belongs together, whatever software writes while the beat waits behind a frame's.
TEST(Messages, AddressAndDataAreThoseOfTheIssue) {
  for (const uint32_t data : {0xC0FFEE11u, 0xFFFFFFFFu, 0u}) {
    SCOPED_TRACE(testing::Message() << "MSI_DATA 0x" << std::hex << data);
    AmongBursts among(kSmall, kSetup, 1);
    auto& [chip, box, session] = among;
    chip.write(VCAP_MSI_DATA, data);
    chip.memory.timing.w_stall = 100;
    session.send();
    chip.run(300);
    among.ask();
    EXPECT_EQ(box.arrived(), 1u) << "m_axi_awvalid";
    chip.write(VCAP_MSI_DATA, ~data);
    chip.write(VCAP_MSI_ADDR_LO, static_cast<uint32_t>(box.address + 4));
    chip.memory.timing.w_stall = 0;
    session.finish();
    EXPECT_EQ(box.value(), data) << "m_axi_wdata, m_axi_wstrb";
    expect_clean_bus(chip);
  }
}

// However many bursts of a frame wait already.
TEST(Messages, OneTakesTurnsWithTheBurstsOfAFrame) {
  AmongBursts among(kSmall, {.width = 640, .height = 4}, 1);
  auto& [chip, box, session] = among;
  chip.memory.timing.aw_stall = 100;
  session.send();
  chip.run(2000);
  among.ask();
  chip.run(20);
  const size_t before = chip.memory.bursts.size();
  chip.memory.timing.aw_stall = 0;
  ASSERT_TRUE(chip.run_until([&] { return among.box.sent() != 0; }));
  // One burst's address stood at the pins already, another may have the turn.
  EXPECT_LE(chip.memory.bursts.size() - before, 3u) << "m_axi_awaddr";
  session.finish();
  EXPECT_GT(chip.memory.bursts.size() - before, 8u) << "bursts that waited, the message, the record";
  expect_clean_bus(chip);
}

// Another message waits whenever the answer to one makes room: the burst beside it has the turn.
TEST(Messages, OneTakesTurnsWhenAsManyBurstsAreInFlightAsMayBe) {
  AmongBursts among({.pixel_period_ps = 5000, .memory_size = size_t{64} << 10}, {.width = 640, .height = 8}, 3);
  auto& [chip, box, session] = among;
  chip.memory.hold_responses = true;
  for (uint32_t i = 0; i < 3; ++i) session.send();
  const auto full = [&] { return VCAP_STATUS_OUTSTANDING(among.chip.status()) == kMaxOutstanding; };
  uint32_t times_full = 0;
  while (chip.memory.responses_taken < 200) {
    times_full += chip.run_until(full, 60) ? 1 : 0;  // not where a frame ends: its record waits for all answers
    among.ask();
    chip.write(VCAP_INTR_STATE, VCAP_INTR_NOBUF);
    among.ask();
    const uint64_t taken = chip.memory.responses_taken;
    chip.memory.hold_responses = false;
    chip.run(1);
    chip.memory.hold_responses = true;
    ASSERT_TRUE(chip.run_until([&] { return among.chip.memory.responses_taken != taken; }));
  }
  chip.memory.hold_responses = false;
  EXPECT_EQ(session.finish(), (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_GT(times_full, 50u);
  EXPECT_GT(box.sent(), 15u);
  EXPECT_GT(chip.memory.answers_out_of_order, 100u);
  expect_clean_bus(chip);
}

TEST(Messages, TheRecordIsInMemoryBeforeItsMessageIsIssued) {
  Chip chip(kSmall);
  chip.memory.timing = {.aw_stall = 30, .w_stall = 30, .min_latency = 5, .max_latency = 30};
  Mailbox box(chip);
  Session session(chip, kSetup);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
  session.post(8);
  session.capture.start(false);
  uint32_t frames = 0;
  chip.watch = [&](const Vvcap& pins) {
    if (!pins.m_axi_awvalid || pins.m_axi_awaddr != box.beat_address() || !pins.m_axi_awready) return;
    EXPECT_EQ(session.capture.record(frames).Sequence, frames)
        << "m_axi_awvalid of the message before record " << frames;
    ++frames;
  };
  for (uint32_t i = 0; i < 8; ++i) {
    session.send();
    session.finish();
    chip.write(VCAP_INTR_STATE, VCAP_INTR_FRAME_DONE);
  }
  EXPECT_EQ(frames, 8u);
  expect_clean_bus(chip);
}

TEST(Messages, OneFollowsItsRecordByTwoCycles) {
  Chip chip(kSmall);
  Mailbox box(chip);
  Session session(chip, kSetup);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
  session.post(1);
  session.capture.start(false);
  uint64_t answered = 0, issued = 0;
  chip.watch = [&](const Vvcap& pins) {
    const bool message = pins.m_axi_awvalid && pins.m_axi_awaddr == box.beat_address();
    if (message && issued == 0) {
      issued = chip.cycle();
      EXPECT_TRUE(pins.m_axi_wvalid && pins.m_axi_wlast) << "m_axi_wvalid with m_axi_awvalid";
    }
    if (issued == 0 && pins.m_axi_bvalid) answered = chip.cycle();
  };
  session.send();
  session.finish();
  EXPECT_EQ(issued - answered, 2u) << "m_axi_awvalid";
}

TEST(Messages, AnErrorHaltsAndFallsBackToTheLine) {
  for (const uint8_t response : {uint8_t{1}, uint8_t{2}, uint8_t{3}}) {
    Chip chip(kSmall);
    Mailbox box(chip);
    chip.memory.faults.push_back({box.address, box.address + 4, false, response});
    chip.write(VCAP_INTR_ENABLE, VCAP_INTR_ALL);
    chip.write(VCAP_INTR_TEST, VCAP_INTR_NOBUF);
    EXPECT_EQ(box.arrived(), 1u);
    chip.run(200);
    EXPECT_EQ(box.arrived(), 0u) << "a message for the failed message";
    EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_NOBUF | VCAP_INTR_BUS_ERR);
    EXPECT_EQ(chip.read(VCAP_MSI_CTRL), 0u);
    EXPECT_TRUE(chip.interrupt()) << "intr_o after a failed message";
    const uint32_t cause = chip.read(VCAP_ERR_CAUSE);
    EXPECT_EQ(VCAP_ERR_ACCESS(cause), static_cast<uint32_t>(VCAP_ACCESS_MSI));
    EXPECT_EQ(VCAP_ERR_RESPONSE(cause), response);
    EXPECT_EQ(chip.read(VCAP_ERR_ADDR_LO), static_cast<uint32_t>(box.address));
    EXPECT_EQ(chip.read(VCAP_ERR_ADDR_HI), static_cast<uint32_t>(box.address >> 32));
    EXPECT_EQ(chip.read(VCAP_CNT_BUSERR), 1u);
    EXPECT_NE(chip.read(VCAP_STATUS) & VCAP_STATUS_HALTED, 0u);
  }
}

TEST(Messages, SoftResetFinishesTheOneInFlightAndDropsTheOneThatWaits) {
  Chip chip(kSmall);
  Mailbox box(chip);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF | VCAP_INTR_OVERFLOW);
  chip.memory.hold_responses = true;
  chip.write(VCAP_INTR_TEST, VCAP_INTR_NOBUF);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_OVERFLOW);
  chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
  chip.run(300);
  EXPECT_NE(chip.status() & VCAP_STATUS_RESETTING, 0u) << "a message is unanswered";
  chip.memory.hold_responses = false;
  ASSERT_TRUE(chip.run_until([&] { return chip.read(VCAP_CTRL) == 0; }, 500));
  EXPECT_EQ(box.arrived(), 1u) << "the one that waited";
  chip.write(VCAP_INTR_STATE, VCAP_INTR_ALL);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_DRAINED);
  EXPECT_EQ(box.arrived(), 0u);
  chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
  chip.run(200);
  EXPECT_EQ(box.arrived(), 1u) << "DRAINED";
  EXPECT_EQ(box.value(), box.data);
  expect_clean_bus(chip);
}

}  // namespace
}  // namespace p2p::rtltest
