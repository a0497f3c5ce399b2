// Every register: reset value, access type, byte strobes, write protection; offsets that are none.
#include <gtest/gtest.h>

#include <set>

#include "sw/driver/vcap_hw.h"
#include "tests/rtl/capture.h"

namespace p2p::rtltest {
namespace {

enum class Access { kReadOnly, kReadWrite, kSetup, kWriteOneToClear, kWriteOnly, kControl, kTime };

struct Register {
  const char* name;
  uint32_t offset;
  Access access;
  uint32_t reset;
  uint32_t bits;  // that software can set
};

// 4-byte video beats.
constexpr uint32_t kCaps = kMaxBurst | (kMaxOutstanding - 1) << 12 | 4u << 16 | kBeatBytes << 24;

const Register kRegisters[] = {
    {"INTR_STATE", VCAP_INTR_STATE, Access::kWriteOneToClear, 0, VCAP_INTR_ALL},
    {"INTR_ENABLE", VCAP_INTR_ENABLE, Access::kReadWrite, 0, VCAP_INTR_ALL},
    {"INTR_TEST", VCAP_INTR_TEST, Access::kWriteOnly, 0, 0},
    {"COALESCE", VCAP_COALESCE, Access::kReadWrite, 1, 0xFF},
    {"COALESCE_TIMEOUT", VCAP_COALESCE_TIMEOUT, Access::kReadWrite, 0, 0xFFFFFF},
    {"ID", VCAP_ID, Access::kReadOnly, VCAP_ID_VALUE, 0},
    {"VERSION", VCAP_VERSION, Access::kReadOnly, VCAP_VERSION_VALUE, 0},
    {"CAPS", VCAP_CAPS, Access::kReadOnly, kCaps, 0},
    {"CLK_KHZ", VCAP_CLK_KHZ, Access::kReadOnly, 125000, 0},
    {"CTRL", VCAP_CTRL, Access::kControl, 0, VCAP_CTRL_STALL},
    {"STATUS", VCAP_STATUS, Access::kReadOnly, VCAP_STATUS_IDLE, 0},
    {"ERR_CAUSE", VCAP_ERR_CAUSE, Access::kReadOnly, 0, 0},
    {"ERR_ADDR_LO", VCAP_ERR_ADDR_LO, Access::kReadOnly, 0, 0},
    {"ERR_ADDR_HI", VCAP_ERR_ADDR_HI, Access::kReadOnly, 0, 0},
    {"CHANNELS", VCAP_CHANNELS, Access::kReadOnly, kPlanes == 2 ? 1 | VCAP_CHANNELS_PLANES : 1, 0},
    {"FAULT_TEST", VCAP_FAULT_TEST, Access::kWriteOnly, 0, 0},
    {"RING_BASE_LO", VCAP_RING_BASE_LO, Access::kSetup, 0, 0xFFFFFFC0},
    {"RING_BASE_HI", VCAP_RING_BASE_HI, Access::kSetup, 0, 0xFFFFFFFF},
    {"RING_SIZE", VCAP_RING_SIZE, Access::kSetup, 0, 0xF},
    {"RING_HEAD", VCAP_RING_HEAD, Access::kReadOnly, 0, 0},
    {"CPL_BASE_LO", VCAP_CPL_BASE_LO, Access::kSetup, 0, 0xFFFFFFC0},
    {"CPL_BASE_HI", VCAP_CPL_BASE_HI, Access::kSetup, 0, 0xFFFFFFFF},
    {"CPL_SIZE", VCAP_CPL_SIZE, Access::kSetup, 0, 0xF},
    {"CPL_HEAD", VCAP_CPL_HEAD, Access::kReadOnly, 0, 0},
    {"CPL_TAIL", VCAP_CPL_TAIL, Access::kReadWrite, 0, 0xFFFF},
    {"FORMAT_WIDTH", VCAP_FORMAT_WIDTH, Access::kSetup, 640, 0xFFFF},
    {"FORMAT_HEIGHT", VCAP_FORMAT_HEIGHT, Access::kSetup, 480, 0xFFFF},
    {"FORMAT_STRIDE", VCAP_FORMAT_STRIDE, Access::kSetup, 1280, 0x3FFFF},
    {"INPUT_SIZE", VCAP_INPUT_SIZE, Access::kSetup, 0, 0xFFFFFFFE},
    {"CROP_POS", VCAP_CROP_POS, Access::kSetup, 0, 0xFFFFFFFE},
    {"FIELD_MODE", VCAP_FIELD_MODE, Access::kSetup, 0, 3},
#ifdef P2P_PLANES
    {"FORMAT_PIXEL", VCAP_FORMAT_PIXEL, Access::kSetup, 0, 1},
    {"PLANE1_RING_BASE_LO", VCAP_PLANE1_RING_BASE_LO, Access::kSetup, 0, 0xFFFFFFC0},
    {"PLANE1_RING_BASE_HI", VCAP_PLANE1_RING_BASE_HI, Access::kSetup, 0, 0xFFFFFFFF},
    {"PLANE1_RING_SIZE", VCAP_PLANE1_RING_SIZE, Access::kSetup, 0, 0xF},
    {"PLANE1_RING_HEAD", VCAP_PLANE1_RING_HEAD, Access::kReadOnly, 0, 0},
    {"PLANE1_RING_TAIL", VCAP_PLANE1_RING_TAIL, Access::kReadWrite, 0, 0xFFFF},
#endif
    {"TIMESTAMP_LO", VCAP_TIMESTAMP_LO, Access::kTime, 0, 0},
    {"TIMESTAMP_HI", VCAP_TIMESTAMP_HI, Access::kReadOnly, 0, 0},
    {"DETECT_CTRL", VCAP_DETECT_CTRL, Access::kReadWrite, 0, 1},
    {"DETECT_TIMEOUT", VCAP_DETECT_TIMEOUT, Access::kReadWrite, 0, 0xFFFFFFFF},
    {"DETECT_SIZE", VCAP_DETECT_SIZE, Access::kReadOnly, 0, 0},
    {"DETECT_LINE", VCAP_DETECT_LINE, Access::kReadOnly, 0, 0},
    {"DETECT_FRAME", VCAP_DETECT_FRAME, Access::kReadOnly, 0, 0},
    {"DETECT_STATUS", VCAP_DETECT_STATUS, Access::kReadOnly, 0, 0},
    {"CNT_FRAMES", VCAP_CNT_FRAMES, Access::kReadOnly, 0, 0},
    {"CNT_DROPPED", VCAP_CNT_DROPPED, Access::kReadOnly, 0, 0},
    {"CNT_OVERFLOW", VCAP_CNT_OVERFLOW, Access::kReadOnly, 0, 0},
    {"CNT_FORMAT", VCAP_CNT_FORMAT, Access::kReadOnly, 0, 0},
    {"CNT_NOBUF", VCAP_CNT_NOBUF, Access::kReadOnly, 0, 0},
    {"CNT_BUSERR", VCAP_CNT_BUSERR, Access::kReadOnly, 0, 0},
    {"CNT_STARTED", VCAP_CNT_STARTED, Access::kReadOnly, 0, 0},
    {"MSI_CTRL", VCAP_MSI_CTRL, Access::kReadWrite, 0, 1},
    {"MSI_ADDR_LO", VCAP_MSI_ADDR_LO, Access::kReadWrite, 0, 0xFFFFFFFC},
    {"MSI_ADDR_HI", VCAP_MSI_ADDR_HI, Access::kReadWrite, 0, 0xFFFFFFFF},
    {"MSI_DATA", VCAP_MSI_DATA, Access::kReadWrite, 0, 0xFFFFFFFF},
    // Last: a doorbell with a ring of size 1 at address zero would start fetching.
    {"RING_TAIL", VCAP_RING_TAIL, Access::kReadWrite, 0, 0xFFFF},
};

constexpr uint32_t kOkay = 0, kSlaveError = 2;

TEST(Registers, ResetValues) {
  Chip chip;
  for (const Register& reg : kRegisters) {
    if (reg.access == Access::kTime) continue;
    const Answer answer = chip.read_answer(reg.offset);
    EXPECT_EQ(answer.data, reg.reset) << reg.name;
    EXPECT_EQ(answer.response, kOkay) << reg.name;
  }
}

TEST(Registers, ReadWriteBitsKeepWhatIsWrittenOthersReadZero) {
  Chip chip;
  chip.memory.hold_reads = true;
  for (const Register& reg : kRegisters) {
    if (reg.access != Access::kReadWrite && reg.access != Access::kSetup && reg.access != Access::kControl) continue;
    // STALL is CTRL's only plain bit.
    for (const uint32_t value : {0xFFFFFFFFu, 0u, 0xA5A5A5A5u, 0x5A5A5A5Au}) {
      const uint32_t written = reg.access == Access::kControl ? value & VCAP_CTRL_STALL : value;
      EXPECT_EQ(chip.write(reg.offset, written), kOkay) << reg.name;
      EXPECT_EQ(chip.read(reg.offset), written & reg.bits) << reg.name;
    }
    chip.write(reg.offset, reg.reset);
  }
}

TEST(Registers, ReadOnlyAndWriteOnlyIgnoreOrReadZeroWithOkay) {
  Chip chip;
  for (const Register& reg : kRegisters) {
    if (reg.access == Access::kReadOnly) {
      EXPECT_EQ(chip.write(reg.offset, ~reg.reset), kOkay) << reg.name;
      EXPECT_EQ(chip.read(reg.offset), reg.reset) << reg.name;
    } else if (reg.access == Access::kWriteOnly) {
      EXPECT_EQ(chip.write(reg.offset, 0), kOkay) << reg.name;
      EXPECT_EQ(chip.read(reg.offset), 0u) << reg.name;
    }
  }
}

TEST(Registers, OneRegisterDoesNotDisturbAnother) {
  Chip chip;
  chip.memory.hold_reads = true;
  for (const Register& reg : kRegisters) {
    if (reg.access != Access::kReadWrite && reg.access != Access::kSetup) continue;
    if (reg.offset == VCAP_RING_TAIL) continue;  // STATUS follows it
    chip.write(reg.offset, 0xFFFFFFFF);
    for (const Register& other : kRegisters) {
      if (other.offset == reg.offset || other.access == Access::kTime || other.offset == VCAP_TIMESTAMP_HI) continue;
      EXPECT_EQ(chip.read(other.offset), other.reset) << other.name << " after " << reg.name;
    }
    chip.write(reg.offset, reg.reset);
  }
}

TEST(Registers, ByteStrobesSelectBytes) {
  Chip chip;
  chip.memory.hold_reads = true;
  for (const Register& reg : kRegisters) {
    if (reg.access != Access::kReadWrite && reg.access != Access::kSetup) continue;
    for (uint32_t strobes = 0; strobes < 16; ++strobes) {
      uint32_t mask = 0;
      for (uint32_t lane = 0; lane < 4; ++lane) mask |= ((strobes >> lane) & 1u) != 0 ? 0xFFu << (8 * lane) : 0u;
      for (const uint32_t before : {0x12345678u, 0xFFFFFFFFu, 0u}) {
        chip.write(reg.offset, before);
        EXPECT_EQ(chip.write(reg.offset, ~before, static_cast<uint8_t>(strobes)), kOkay);
        EXPECT_EQ(chip.read(reg.offset), ((before & ~mask) | (~before & mask)) & reg.bits)
            << reg.name << " strobes " << strobes;
      }
    }
    chip.write(reg.offset, reg.reset);
  }
  // One-to-set and one-to-clear bits live in bytes 0 and 1, control bits in byte 0.
  chip.write(VCAP_INTR_TEST, 0xFFFFFFFF, 0xC);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), 0u);
  chip.write(VCAP_INTR_TEST, 0xFFFFFFFF, 0x1);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_ALL & 0xFF);
  chip.write(VCAP_INTR_TEST, 0xFFFFFFFF, 0x2);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_ALL);
  chip.write(VCAP_INTR_STATE, 0xFFFFFFFF, 0xD);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_ALL & ~0xFFu);
  chip.write(VCAP_INTR_STATE, 0xFFFFFFFF, 0xC);
  EXPECT_EQ(chip.read(VCAP_INTR_STATE), VCAP_INTR_ALL & ~0xFFu);
  chip.write(VCAP_CTRL, 0xFFFFFFFF, 0xE);
  EXPECT_EQ(chip.read(VCAP_CTRL), 0u);
}

TEST(Registers, EveryUnlistedOffsetAnswersSlaveError) {
  Chip chip;
  std::set<uint32_t> listed;
  for (const Register& reg : kRegisters) listed.insert(reg.offset);
  EXPECT_EQ(listed.size(), kPlanes == 2 ? 57u : 51u);
  for (uint32_t offset = 0; offset < 0x1000; offset += 4) {
    if (listed.contains(offset)) continue;
    const Answer answer = chip.read_answer(offset);
    EXPECT_EQ(answer.response, kSlaveError) << std::hex << offset;
    EXPECT_EQ(answer.data, 0u) << std::hex << offset;
    EXPECT_EQ(chip.write(offset, 0xFFFFFFFF), kSlaveError) << std::hex << offset;
  }
  for (const Register& reg : kRegisters) {
    if (reg.access == Access::kTime) continue;
    EXPECT_EQ(chip.read(reg.offset), reg.reset) << reg.name;
  }
}

// Registers lie at multiples of four.
TEST(Registers, NoOffsetBetweenTwoRegistersAnswers) {
  Chip chip;
  for (const Register& reg : kRegisters) {
    for (uint32_t byte = 1; byte < 4; ++byte) {
      EXPECT_EQ(chip.write(reg.offset + byte, 0xFFFFFFFF), kSlaveError) << reg.name << " + " << byte;
      EXPECT_EQ(chip.read_answer(reg.offset + byte).response, kSlaveError) << reg.name << " + " << byte;
    }
    if (reg.access != Access::kTime) {
      EXPECT_EQ(chip.read(reg.offset), reg.reset) << reg.name;
    }
    EXPECT_EQ(chip.write(reg.offset, reg.reset), kOkay) << reg.name;
  }
}

// Not RING_TAIL: a doorbell would end the idleness that configuration needs.
bool keeps_bits(const Register& reg) {
  const bool doorbell = reg.offset == VCAP_RING_TAIL || reg.offset == VCAP_PLANE1_RING_TAIL;
  return reg.access == Access::kSetup || (reg.access == Access::kReadWrite && !doorbell);
}

// Each has a place of its own: all hold their bits at once.
TEST(Registers, AllKeepTheirBitsTogether) {
  Chip chip;
  chip.memory.hold_reads = true;
  for (const uint32_t value : {0xFFFFFFFFu, 0u, 0xFFFFFFFEu, 0u, 0xA5A5A5A5u, 0x5A5A5A5Au}) {
    for (const Register& reg : kRegisters) {
      if (keeps_bits(reg)) chip.write(reg.offset, value);
    }
    for (const Register& reg : kRegisters) {
      if (!keeps_bits(reg)) continue;
      EXPECT_EQ(chip.read(reg.offset), value & reg.bits) << reg.name;
    }
  }
}

// While as many bits of the others as can be are ones; the reference model looks at what every read returns.
TEST(Registers, AReadShowsNothingOfTheOthers) {
  Chip chip({.memory_size = size_t{64} << 10});
  constexpr uint64_t kMessage = 0xFFFF'FFFF'FFFF'FFEC;
  chip.memory.move_to(0xFFFF'FFFF'FFFF'0000);
  chip.memory.faults.push_back({kMessage, kMessage + 4, false, 3});
  chip.set_message(kMessage, 0);
  chip.write(VCAP_MSI_CTRL, VCAP_MSI_CTRL_ENABLE);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_ALL);
  chip.write(VCAP_INTR_TEST, VCAP_INTR_ALL);
  chip.run(50);
  EXPECT_EQ(chip.read_both(VCAP_ERR_ADDR_LO), kMessage);
  for (const Register& reg : kRegisters) {
    if (keeps_bits(reg) && reg.offset != VCAP_MSI_CTRL) chip.write(reg.offset, 0xFFFFFFFF);
  }
  chip.preset_counters(0xFFFFFFFF);
  const Lines longest(1, std::vector<uint32_t>(0x7FFF));
  for (uint32_t i = 0; i < 2; ++i) {
    chip.video.send(longest);
    ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
  }
  chip.preset_video_clocks(0xFFFF00, 0xFFFFFF00);
  chip.preset_timestamp(0xFFFFFFFF'FFFF0000);
  chip.video.send(Lines{{0u}});
  ASSERT_TRUE(chip.run_until([&] { return chip.video.waiting() == 0; }));
  chip.run(20);
  for (const Register& reg : kRegisters) {
    const uint32_t value = chip.read(reg.offset);
    if (reg.access == Access::kWriteOneToClear || keeps_bits(reg)) {
      EXPECT_EQ(value, reg.offset == VCAP_MSI_CTRL ? 0 : reg.bits) << reg.name;
    }
  }
  EXPECT_EQ(VCAP_DETECT_WIDTH(chip.read(VCAP_DETECT_SIZE)), 0xFFFEu);
  EXPECT_GE(chip.read(VCAP_DETECT_FRAME), 0xFFFFFF00);
  EXPECT_EQ(chip.read(VCAP_CNT_OVERFLOW), 0xFFFFFFFF);
}

TEST(Registers, WriteAddressAndDataComeInEitherOrderAndResponsesWait) {
  Chip chip;
  for (uint32_t address = 0; address < 4; ++address) {
    for (uint32_t data = 0; data < 4; ++data) {
      for (uint32_t response = 0; response < 12; response += 3) {
        for (const uint32_t value : {0xFFFFFFFFu, 0u, 0xA5A5A5A5u, 0x5A5A5A5Au}) {
          EXPECT_EQ(chip.write(VCAP_MSI_DATA, value, 0xF, {address, data, response}), kOkay);
          EXPECT_EQ(chip.read_answer(VCAP_MSI_DATA, {address, 0, response}).data, value);
        }
      }
    }
  }
}

TEST(Registers, ConfigurationIsWritableOnlyWhileIdleAndNotEnabled) {
  Chip chip;
  for (const Register& reg : kRegisters) {
    if (reg.access == Access::kSetup) chip.write(reg.offset, 0x40);
  }
  chip.write(VCAP_CTRL, VCAP_CTRL_ENABLE);
  for (const Register& reg : kRegisters) {
    if (reg.access != Access::kSetup) continue;
    EXPECT_EQ(chip.write(reg.offset, 0x8C), kOkay) << reg.name;
    EXPECT_EQ(chip.read(reg.offset), 0x40 & reg.bits) << reg.name;
  }
  chip.write(VCAP_CTRL, 0);
  ASSERT_TRUE(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_RUNNING) == 0; }));
  for (const Register& reg : kRegisters) {
    if (reg.access != Access::kSetup) continue;
    chip.write(reg.offset, 0x8C);
    EXPECT_EQ(chip.read(reg.offset), 0x8C & reg.bits) << reg.name;
  }
}

// ENABLE is off again, but a frame is still in flight, then a reset waits for its answers.
TEST(Registers, ConfigurationIsNotWritableWhileAFrameIsInFlight) {
  Chip chip;
  Capture capture(chip, {.width = 20, .height = 4});
  Buffer buffer = capture.whole();
  capture.post(buffer);
  capture.doorbell();
  capture.start(false);
  chip.memory.hold_responses = true;
  chip.video.send(capture.new_frame());
  chip.run(200);
  chip.write(VCAP_CTRL, 0);
  chip.run(100);
  for (const bool reset : {false, true}) {
    if (reset) chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
    EXPECT_EQ(chip.read(VCAP_CTRL), reset ? VCAP_CTRL_SOFT_RESET : 0);
    EXPECT_EQ(chip.read(VCAP_STATUS) & VCAP_STATUS_IDLE, 0u);
    for (const Register& reg : kRegisters) {
      if (reg.access != Access::kSetup) continue;
      const uint32_t before = chip.read(reg.offset);
      EXPECT_EQ(chip.write(reg.offset, ~before), kOkay) << reg.name;
      EXPECT_EQ(chip.read(reg.offset), before) << reg.name;
    }
  }
  chip.memory.hold_responses = false;
  ASSERT_TRUE(chip.run_until([&] { return chip.read(VCAP_CTRL) == 0; }, 200));
  capture.expect_remains(buffer);  // what was issued before the reset is written; nothing else is
  capture.check_memory();
}

TEST(Registers, TimestampCountsBusCyclesAndDoesNotTear) {
  Chip chip;
  uint64_t before = 0;
  for (uint32_t i = 0; i < 200; ++i) {
    const uint64_t early = chip.cycle();
    const uint32_t low = chip.read(VCAP_TIMESTAMP_LO);
    const uint64_t late = chip.cycle();
    chip.run(i % 17);
    const uint64_t time = uint64_t{chip.read(VCAP_TIMESTAMP_HI)} << 32 | low;
    EXPECT_GT(time, before);
    EXPECT_GE(time, early);
    EXPECT_LE(time, late);
    before = time;
  }
}

TEST(Registers, TimestampKeepsItsHalvesTogetherAcrossTheCarry) {
  Chip chip;
  uint32_t before_carry = 0, after_carry = 0;
  for (uint64_t start = (uint64_t{1} << 32) - 12; start < (uint64_t{1} << 32) + 4; ++start) {
    chip.preset_timestamp(start);
    const uint32_t low = chip.read(VCAP_TIMESTAMP_LO);
    chip.run(20);
    const uint32_t high = chip.read(VCAP_TIMESTAMP_HI);
    const uint64_t time = uint64_t{high} << 32 | low;
    EXPECT_GE(time, start);
    EXPECT_LE(time, start + 8);
    ++(high == 0 ? before_carry : after_carry);
  }
  EXPECT_GT(before_carry, 0u);
  EXPECT_GT(after_carry, 0u);
}

}  // namespace
}  // namespace p2p::rtltest
