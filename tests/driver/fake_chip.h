// The chip as the driver sees it: registers, rings and interrupt line, acting at once and only when told to. What the
// driver may not do to it (docs/registers.md) fails the test.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sw/driver/vcap_hw.h"

class FakeChip {
 public:
  FakeChip() { reset_all(); }

  std::uint32_t read(std::uint32_t offset);
  void write(std::uint32_t offset, std::uint32_t value);

  /// A frame starts and ends at the pins: written to memory if enabled and a buffer is there, else dropped. Bytes are
  /// `fill` in the frame and untouched behind it.
  void video_frame(std::uint8_t fill);
  /// The next access is answered by SLVERR.
  void bus_error();
  bool line() const { return !gone && (reg(VCAP_INTR_STATE) & reg(VCAP_INTR_ENABLE)) != 0; }
  std::uint32_t& reg(std::uint32_t offset) { return registers_[offset / 4]; }
  std::uint32_t reg(std::uint32_t offset) const { return registers_[offset / 4]; }
  unsigned posted() const { return (reg(VCAP_RING_TAIL) - reg(VCAP_RING_HEAD)) & 0xFFFFu; }
  /// As the chip read it when the doorbell rang.
  const VCAP_DESCRIPTOR& descriptor(unsigned index) const;
  /// Memory from `begin` to `end` is in a descriptor that the chip has neither finished nor, drained, forgotten.
  bool may_write(const std::uint8_t* begin, const std::uint8_t* end) const;
  /// The driver waits: what the chip had outstanding at a soft reset comes nearer to its end.
  void time_passes();

  bool never_drains = false;
  unsigned drain_waits = 0;       ///< waits of the driver that a soft reset lasts
  bool drained_before = false;    ///< DRAINED of an earlier disable arrives in the first of them
  std::uint32_t early_cause = 0;  ///< arrives just before the next cause is cleared
  std::uint32_t late_cause = 0;   ///< arrives when the next cause is cleared
  bool gone = false;              ///< reads all ones
  unsigned accesses_when_gone = 0;
  std::uint64_t timestamp = 0;    ///< of the next frame's start, bus cycles
  std::uint16_t index_error = 0;  ///< added to the index of completion records
  unsigned soft_resets = 0;

 private:
  void reset_all();
  void soft_reset();
  void drained();
  void doorbell(std::uint32_t tail);
  void complete(std::uint16_t last, std::uint16_t cookie, std::uint32_t bytes);

  std::array<std::uint32_t, 1024> registers_{};
  std::vector<VCAP_DESCRIPTOR> fetched_;
  unsigned draining_ = 0;
  bool lost_since_record_ = false;
};
