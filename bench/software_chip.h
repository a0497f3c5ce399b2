// The capture chip as far as the driver can tell, without RTL: registers and rings, a frame every so often. It reads
// descriptors and writes completion records, but no pixels: what is measured is software.
#pragma once

#include <array>
#include <cstdint>

#include "sw/driver/vcap_hw.h"
#include "tests/ntos/fake_hardware.h"

namespace p2p::bench {

class SoftwareChip {
 public:
  /// Answers for BAR 0 and line 0 of `hardware`; a frame ends every `frame_ps` while capture is enabled.
  SoftwareChip(test::FakeHardware& hardware, std::uint64_t frame_ps);
  std::uint64_t frames() const { return frames_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::uint32_t read(std::uint32_t offset) const;
  void write(std::uint32_t offset, std::uint32_t value);
  void soft_reset();
  void frame();
  void tick();
  void complete(std::uint16_t last, std::uint16_t cookie, std::uint32_t bytes);
  void drive_line();
  std::uint32_t& reg(std::uint32_t offset) { return registers_[offset / 4]; }
  std::uint32_t reg(std::uint32_t offset) const { return registers_[offset / 4]; }
  std::uint64_t base(std::uint32_t low) const { return reg(low) | std::uint64_t{reg(low + 4)} << 32; }
  bool enabled() const { return (reg(VCAP_CTRL) & VCAP_CTRL_ENABLE) != 0; }

  test::FakeHardware& hardware_;
  std::uint64_t frame_ps_;
  std::array<std::uint32_t, 1024> registers_{};
  bool ticking_ = false, lost_ = false;
  std::uint64_t frames_ = 0, dropped_ = 0;
};

}  // namespace p2p::bench
