// The registers of one channel as docs/registers.md lists them: what is stored, what a read returns, what a write does
// at once.
#pragma once

#include <array>
#include <cstdint>

#include "tb/model/parameters.h"

namespace p2p::model {

/// A register access in the cycle that carries it out; offsets within the channel's window.
struct Access {
  bool write = false, read = false;
  std::uint16_t write_offset = 0, read_offset = 0;
  std::uint32_t data = 0;
  std::uint8_t strobes = 0;
};

/// What other parts of the channel contribute to a read.
struct LiveValues {
  std::uint32_t intr_state = 0, intr_enable = 0, status = 0, err_cause = 0;
  std::uint64_t err_address = 0, timestamp = 0;
  std::uint16_t ring_head = 0, plane1_ring_head = 0, cpl_head = 0;
  bool resetting = false;
  std::uint32_t detect_size = 0, detect_line = 0, detect_frame = 0, detect_status = 0;
  std::array<std::uint32_t, 7> counters{};  ///< in the order of their registers
};

class Registers {
 public:
  Registers(const Parameters& parameters, unsigned channel);

  bool known(std::uint16_t offset) const;
  std::uint32_t value(std::uint16_t offset) const { return values_[offset / 4]; }
  std::uint64_t address(std::uint16_t low_offset) const {
    return value(low_offset) | std::uint64_t{value(static_cast<std::uint16_t>(low_offset + 4))} << 32;
  }
  std::uint32_t read(std::uint16_t offset, const LiveValues& live) const;
  /// What a write leaves in the register's writable bits, whether or not it may be written now.
  std::uint32_t merged(std::uint32_t old, const Access& access) const;
  /// Ones written to bits of a register that acts on them.
  static std::uint32_t ones(const Access& access, std::uint16_t offset);

  /// `set_up`: configuration may be written. `clear`: a soft reset ends.
  void edge(const Access& access, bool set_up, bool resetting, bool clear, std::uint64_t timestamp);
  /// A message failed: interrupts are a line again.
  void end_messages() { values_[0x0E0 / 4] = 0; }
  void reset();
  void preset(std::uint16_t offset, std::uint32_t value) { values_[offset / 4] = value; }

 private:
  static constexpr unsigned kCount = 0x114 / 4;
  bool two_planes_;
  std::uint32_t caps_, channels_, clk_khz_;
  std::array<std::uint32_t, kCount> values_{};
};

namespace reg {
constexpr std::uint16_t kIntrState = 0x000, kIntrEnable = 0x004, kIntrTest = 0x008, kCoalesce = 0x00C,
                        kCoalesceTimeout = 0x010, kId = 0x020, kVersion = 0x024, kCaps = 0x028, kClkKhz = 0x02C,
                        kCtrl = 0x030, kStatus = 0x034, kErrCause = 0x038, kErrAddrLo = 0x03C, kErrAddrHi = 0x040,
                        kChannels = 0x044, kFaultTest = 0x048, kRingBaseLo = 0x050, kRingBaseHi = 0x054,
                        kRingSize = 0x058, kRingHead = 0x05C, kRingTail = 0x060, kCplBaseLo = 0x070, kCplBaseHi = 0x074,
                        kCplSize = 0x078, kCplHead = 0x07C, kCplTail = 0x080, kFormatWidth = 0x090,
                        kFormatHeight = 0x094, kFormatStride = 0x098, kTimestampLo = 0x0A0, kTimestampHi = 0x0A4,
                        kDetectCtrl = 0x0A8, kDetectTimeout = 0x0AC, kDetectSize = 0x0B0, kDetectLine = 0x0B4,
                        kDetectFrame = 0x0B8, kDetectStatus = 0x0BC, kCntFrames = 0x0C0, kCntStarted = 0x0D8,
                        kMsiCtrl = 0x0E0, kMsiAddrLo = 0x0E4, kMsiData = 0x0EC, kInputSize = 0x0F0, kCropPos = 0x0F4,
                        kFieldMode = 0x0F8, kFormatPixel = 0x0FC, kPlane1RingBaseLo = 0x100, kPlane1RingSize = 0x108,
                        kPlane1RingHead = 0x10C, kPlane1RingTail = 0x110;
constexpr std::uint32_t kCtrlEnable = 1, kCtrlSoftReset = 2, kCtrlStall = 4;
}  // namespace reg

/// The name docs/registers.md gives the register at `offset`; "no register" where there is none.
const char* register_name(std::uint16_t offset);

}  // namespace p2p::model
