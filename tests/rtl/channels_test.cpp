// Several channels behind one bus master: each captures as if it were alone, and gets its share of the bus.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <numeric>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

constexpr size_t kMemory = size_t{kChannels} << 20;

// A session on every channel, each with a format of its own.
std::vector<std::unique_ptr<Session>> sessions_on(Chip& chip, uint32_t seed) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (uint32_t c = 0; c < kChannels; ++c) {
    const CaptureSetup setup{.width = 30 + 14 * c, .height = 9 + c, .stride = c % 2 == 0 ? 0u : 160u, .ring_log2 = 9};
    sessions.push_back(std::make_unique<Session>(chip, setup, seed + c, c));
  }
  return sessions;
}

std::vector<uint32_t> up_to(uint32_t count) {
  std::vector<uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

TEST(Channels, EachCapturesItsOwnVideo) {
  uint64_t overtaken = 0;
  for (uint32_t round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    Random random(round);
    Chip chip({.pixel_period_ps = random.between(9000, 20000), .seed = round, .memory_size = kMemory});
    chip.memory.timing = {random.between(0, 40), random.between(0, 40), random.between(0, 40), random.between(0, 40), 1,
                          random.between(1, 60)};
    auto sessions = sessions_on(chip, round);
    for (auto& session : sessions) {
      session->post(12, 40, 400);
      session->capture.start(true);
    }
    for (uint32_t i = 0; i < 8; ++i) {
      for (auto& session : sessions) session->send();
    }
    for (uint32_t c = 0; c < kChannels; ++c) {
      SCOPED_TRACE(testing::Message() << "channel " << c);
      EXPECT_EQ(sessions[c]->finish(), up_to(8));
    }
    for (auto& session : sessions) session->close();
    overtaken += chip.memory.answers_out_of_order;
  }
  EXPECT_GT(overtaken, 0u) << "m_axi_bid: no answer came before an older one";
}

// The field pin and the window of a channel are its own.
TEST(Channels, EachHasItsOwnFieldsAndWindow) {
  for (uint32_t round = 0; round < 8; ++round) {
    SCOPED_TRACE(round);
    Random random(round);
    Chip chip({.seed = round, .memory_size = kMemory});
    std::vector<std::unique_ptr<Session>> sessions;
    for (uint32_t c = 0; c < kChannels; ++c) {
      CaptureSetup setup{.width = 8 + 2 * c, .height = 3 + c, .left = 2 * c, .top = random.between(0, 2)};
      setup.input_width = setup.left + setup.width + 4;
      setup.input_height = setup.top + setup.height + random.between(0, 2);
      setup.field_mode = (round + c) % 4 == 0 ? VCAP_FIELD_MODE_WEAVE : VCAP_FIELD_MODE_SEPARATE;
      sessions.push_back(std::make_unique<Session>(chip, setup, round + c, c));
      sessions.back()->post(6);
      sessions.back()->capture.start(true);
    }
    for (uint32_t i = 0; i < 6; ++i) {
      for (auto& session : sessions) {
        if (session->capture.weaves()) {
          session->send();
        } else {
          Frame frame = session->capture.new_frame();
          frame.field = random.chance(50);
          session->send_as(frame, session->capture.video_of(frame.lines()));
        }
      }
    }
    for (uint32_t c = 0; c < kChannels; ++c) {
      SCOPED_TRACE(testing::Message() << "channel " << c);
      EXPECT_EQ(sessions[c]->finish(), up_to(6));
      sessions[c]->close();
    }
  }
}

// One channel's errors, resets and lack of buffers do not concern the others.
TEST(Channels, OneHaltsTheOthersGoOn) {
  for (uint32_t halted = 0; halted < kChannels; ++halted) {
    SCOPED_TRACE(testing::Message() << "channel " << halted << " halts");
    Chip chip({.seed = halted, .memory_size = kMemory});
    chip.memory.timing.max_latency = 30;
    auto sessions = sessions_on(chip, halted);
    for (auto& session : sessions) session->post(8);
    const Piece piece = sessions[halted]->next_buffer().pieces[0];
    chip.memory.faults.push_back({piece.address + 10, piece.address + 11, false, 2});
    for (auto& session : sessions) session->capture.start(true);
    for (uint32_t i = 0; i < 4; ++i) {
      for (auto& session : sessions) session->send();
    }
    for (uint32_t c = 0; c < kChannels; ++c) {
      SCOPED_TRACE(testing::Message() << "channel " << c);
      EXPECT_EQ(sessions[c]->finish(), c == halted ? std::vector<uint32_t>{} : up_to(4));
      Capture& capture = sessions[c]->capture;
      EXPECT_EQ(VCAP_ERR_ACCESS(capture.read(VCAP_ERR_CAUSE)), c == halted ? VCAP_ACCESS_DATA_WRITE : VCAP_ACCESS_NONE);
      EXPECT_EQ((capture.read(VCAP_STATUS) & VCAP_STATUS_HALTED) != 0, c == halted);
      EXPECT_EQ(capture.read(VCAP_INTR_STATE) & VCAP_INTR_BUS_ERR, c == halted ? VCAP_INTR_BUS_ERR : 0u);
    }
    // A soft reset of the halted one, while the others capture.
    chip.memory.faults.clear();
    for (uint32_t c = 0; c < kChannels; ++c) {
      if (c != halted) sessions[c]->send();
    }
    sessions[halted]->capture.expect_remains(sessions[halted]->next_buffer());
    sessions[halted]->restart();
    sessions[halted]->post(2);
    sessions[halted]->capture.start(true);
    sessions[halted]->send();
    EXPECT_EQ(sessions[halted]->finish(), up_to(1));
    for (uint32_t c = 0; c < kChannels; ++c) {
      if (c != halted) {
        EXPECT_EQ(sessions[c]->finish(), std::vector<uint32_t>{4});
      }
      sessions[c]->close();
    }
  }
}

// With more to write than the bus takes, bursts of the channels alternate.
TEST(Channels, AllGetTheirTurn) {
  Chip chip({.pixel_period_ps = 3334, .memory_size = kMemory});
  const CaptureSetup setup{.width = 320, .height = 40, .ring_log2 = 4, .completion_log2 = 2};
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<uint64_t> first, last;
  for (uint32_t c = 0; c < kChannels; ++c) {
    sessions.push_back(std::make_unique<Session>(chip, setup, c, c));
    sessions.back()->post(2);
    const Piece piece = sessions.back()->next_buffer().pieces[0];
    first.push_back(piece.address / kBeatBytes * kBeatBytes);
    last.push_back(piece.address + piece.length);
    sessions.back()->capture.start(true);
  }
  for (auto& session : sessions) session->send();
  for (auto& session : sessions) EXPECT_EQ(session->finish(), up_to(1));
  // Between the first burst and the last that all have something to write, the others come between two of one channel.
  const auto channel_of = [&](const WriteBurst& burst) {
    for (uint32_t c = 0; c < kChannels; ++c) {
      if (burst.address >= first[c] && burst.address < last[c]) return c;
    }
    return kChannels;
  };
  std::vector<uint32_t> order, left(kChannels);
  for (const WriteBurst& burst : chip.memory.bursts) {
    const uint32_t c = channel_of(burst);
    if (c == kChannels) continue;  // a record
    order.push_back(c);
    ++left[c];
  }
  std::vector<size_t> previous(kChannels, order.size());
  size_t widest = 0;
  for (size_t i = 0; i < order.size() && *std::min_element(left.begin(), left.end()) > 1; ++i) {
    const uint32_t c = order[i];
    if (previous[c] != order.size() && i > order.size() / 4) widest = std::max(widest, i - previous[c]);
    previous[c] = i;
    --left[c];
  }
  EXPECT_GT(widest, 0u);
  EXPECT_LE(widest, 2 * kChannels) << "bursts from one of a channel to its next";
  for (auto& session : sessions) session->close();
}

// intr_o stands for all channels; each keeps its causes and enables to itself.
TEST(Channels, TheLineIsSharedTheCausesAreNot) {
  Chip chip({.memory_size = kMemory});
  auto sessions = sessions_on(chip, 1);
  for (uint32_t c = 0; c < kChannels; ++c) {
    Capture& capture = sessions[c]->capture;
    EXPECT_EQ(capture.read(VCAP_CHANNELS), kChannels | c << 8);
    capture.write(VCAP_INTR_TEST, VCAP_INTR_NOBUF);
    chip.run(4);
    EXPECT_FALSE(chip.interrupt()) << "not enabled";
    for (uint32_t other = 0; other < kChannels; ++other) {
      EXPECT_EQ(sessions[other]->capture.read(VCAP_INTR_STATE), other == c ? VCAP_INTR_NOBUF : 0u);
    }
    capture.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF);
    EXPECT_TRUE(chip.run_until([&] { return chip.interrupt(); }, 10)) << "channel " << c;
    capture.write(VCAP_INTR_STATE, VCAP_INTR_NOBUF);
    EXPECT_TRUE(chip.run_until([&] { return !chip.interrupt(); }, 10)) << "channel " << c;
  }
}

// What one channel is told changes no other.
TEST(Channels, EachHasRegistersOfItsOwn) {
  constexpr std::array kOwn{VCAP_INTR_ENABLE,   VCAP_COALESCE,       VCAP_COALESCE_TIMEOUT, VCAP_RING_BASE_LO,
                            VCAP_RING_BASE_HI,  VCAP_RING_SIZE,      VCAP_CPL_BASE_LO,      VCAP_CPL_BASE_HI,
                            VCAP_CPL_SIZE,      VCAP_CPL_TAIL,       VCAP_FORMAT_WIDTH,     VCAP_FORMAT_HEIGHT,
                            VCAP_FORMAT_STRIDE, VCAP_DETECT_TIMEOUT, VCAP_MSI_ADDR_LO,      VCAP_MSI_ADDR_HI,
                            VCAP_MSI_DATA,      VCAP_INPUT_SIZE,     VCAP_CROP_POS,         VCAP_FIELD_MODE};
  Chip chip({.memory_size = kMemory});
  const auto sessions = sessions_on(chip, 1);
  const auto values = [&](uint32_t c) {
    std::vector<uint32_t> all;
    for (const auto offset : kOwn) all.push_back(sessions[c]->capture.read(offset));
    return all;
  };
  std::vector<std::vector<uint32_t>> expected;
  for (uint32_t c = 0; c < kChannels; ++c) expected.push_back(values(c));
  for (const uint32_t value : {0xFFFFFFFFu, 0u, 0xFFFFFFFFu, 0u}) {
    for (uint32_t c = 0; c < kChannels; ++c) {
      for (const auto offset : kOwn) sessions[c]->capture.write(offset, value);
      expected[c] = values(c);
      for (size_t i = 0; i < kOwn.size(); ++i) {
        EXPECT_EQ(expected[c][i] == 0, value == 0) << "register " << std::hex << kOwn[i];
      }
      for (uint32_t other = 0; other < kChannels; ++other) EXPECT_EQ(values(other), expected[other]) << "channel " << c;
    }
  }
}

// One channel may have all bursts in flight that there are; the others wait.
TEST(Channels, EachMayHaveAllBurstsInFlight) {
  for (uint32_t c = 0; c < kChannels; ++c) {
    SCOPED_TRACE(testing::Message() << "channel " << c);
    Chip chip({.memory_size = kMemory});
    // A burst a line.
    Session session(chip, {.width = 2, .height = kMaxOutstanding + 4, .stride = 64}, c, c);
    session.post(1);
    session.capture.start(true);
    chip.memory.hold_responses = true;
    session.send();
    chip.run(1000);
    EXPECT_EQ(VCAP_STATUS_OUTSTANDING(session.capture.read(VCAP_STATUS)), kMaxOutstanding);
    EXPECT_EQ(chip.memory.bursts.size(), kMaxOutstanding) << "m_axi_awvalid";
    chip.memory.hold_responses = false;
    EXPECT_EQ(session.finish(), up_to(1));
    session.close();
  }
}

// Descriptors of a byte each, as many as are read at once, for bursts as long as they may be; then a single one.
TEST(Channels, EachReadsAheadAsFarAsItMay) {
  Chip chip({.memory_size = kMemory});
  const CaptureSetup setup{.width = 100, .height = 20, .ring_log2 = 11};
  std::vector<std::unique_ptr<Session>> sessions;
  for (uint32_t c = 0; c < kChannels; ++c) {
    sessions.push_back(std::make_unique<Session>(chip, setup, c, c));
    Capture& capture = sessions[c]->capture;
    Buffer buffer{.pieces = capture.pieces(600, 1, 1)};
    buffer.pieces.push_back(capture.allocate(capture.frame_bytes() - 600, c));
    sessions[c]->post(buffer);
    capture.doorbell();
    capture.start(true);
  }
  for (auto& session : sessions) session->send();
  for (auto& session : sessions) {
    EXPECT_EQ(session->finish(), up_to(1));
    session->post(1);
    session->send();
    EXPECT_EQ(session->finish(), std::vector<uint32_t>{1});
    session->close();
  }
}

// A message that fails is its channel's affair.
TEST(Channels, MessagesAreTheChannelsOwn) {
  constexpr uint32_t kPlace = 0x100;
  for (uint32_t failing = 0; failing < kChannels; ++failing) {
    SCOPED_TRACE(testing::Message() << "the message of channel " << failing << " fails");
    Chip chip({.memory_size = kMemory});
    const auto sessions = sessions_on(chip, failing);
    const auto place = [&](uint32_t c) { return chip.memory.base() + kPlace + uint64_t{kBeatBytes} * c; };
    chip.memory.faults = {{place(failing), place(failing) + 1, false, 3}};
    for (uint32_t c = 0; c < kChannels; ++c) {
      Capture& capture = sessions[c]->capture;
      capture.set_message(place(c), 0xC0DE0000 + c);
      capture.write(VCAP_MSI_CTRL, VCAP_MSI_CTRL_ENABLE);
      capture.write(VCAP_INTR_ENABLE, VCAP_INTR_NOBUF);
      capture.write(VCAP_INTR_TEST, VCAP_INTR_NOBUF);
    }
    chip.run(100);
    for (uint32_t c = 0; c < kChannels; ++c) {
      SCOPED_TRACE(testing::Message() << "channel " << c);
      Capture& capture = sessions[c]->capture;
      uint32_t word;
      std::memcpy(&word, chip.memory.at(place(c)), sizeof word);
      EXPECT_EQ(word == 0xC0DE0000 + c, c != failing) << "the message";
      EXPECT_EQ(capture.read(VCAP_MSI_CTRL), c == failing ? 0u : VCAP_MSI_CTRL_ENABLE);
      EXPECT_EQ(VCAP_ERR_ACCESS(capture.read(VCAP_ERR_CAUSE)),
                static_cast<uint32_t>(c == failing ? VCAP_ACCESS_MSI : VCAP_ACCESS_NONE));
      EXPECT_EQ(capture.read(VCAP_INTR_STATE), VCAP_INTR_NOBUF | (c == failing ? VCAP_INTR_BUS_ERR : 0u));
    }
    EXPECT_TRUE(chip.interrupt()) << "intr_o of the channel whose message failed";
  }
}

// The reset pins, with frames under way on all channels.
TEST(Channels, ResetPinsAreOfAll) {
  Chip chip({.memory_size = kMemory});
  for (uint32_t round = 0; round < 3; ++round) {
    auto sessions = sessions_on(chip, round);
    for (auto& session : sessions) {
      session->post(4);
      session->capture.start(true);
      session->send();
    }
    if (round == 2) {
      for (auto& session : sessions) EXPECT_EQ(session->finish(), up_to(1));
      break;
    }
    chip.run(60 + 90 * round);
    chip.reset_pins();
    for (auto& session : sessions) EXPECT_EQ(session->capture.counters(), Counters{});
  }
  expect_clean_bus(chip);
}

// Windows beyond the last channel hold no registers, nor does the end of each.
TEST(Channels, NoWindowBeyondTheLast) {
  Chip chip({.memory_size = kMemory});
  constexpr uint32_t kWindow = Chip::kWindow, kNone = 0xFFC;
  for (uint32_t c = 0; c < (kChannels == 3 ? 4u : kChannels); ++c) {
    const Answer answer = chip.read_answer(c * kWindow + VCAP_ID);
    EXPECT_EQ(answer.response, c < kChannels ? 0 : 2) << "channel " << c;
    EXPECT_EQ(answer.data, c < kChannels ? VCAP_ID_VALUE : 0u);
    EXPECT_EQ(chip.write(c * kWindow + VCAP_COALESCE, 7), c < kChannels ? 0 : 2);
    EXPECT_EQ(chip.read_answer(c * kWindow + kNone).response, 2) << "channel " << c;
    EXPECT_EQ(chip.write(c * kWindow + kNone, 7), 2) << "channel " << c;
  }
}

}  // namespace
}  // namespace p2p::rtltest
