// What passes over the chip's buses, a burst or a register access at a time, for who shows it: at the edge of the
// handshake that each call is about.
#pragma once

#include <cstdint>

namespace p2p::sim {

class BusListener {
 public:
  virtual ~BusListener() = default;
  /// A burst's address was taken: of a write, whose data may have come before, or of a read.
  virtual void burst_begins(bool write, unsigned id, std::uint64_t address, unsigned beats) = 0;
  /// The oldest write burst of which this was not said has reached memory, which will answer so (an AXI code).
  virtual void burst_in_memory(unsigned response) = 0;
  /// The response of the oldest write burst of that ID that was in memory was taken, or the last beat of the oldest
  /// read.
  virtual void burst_ends(bool write, unsigned id, unsigned response) = 0;
  /// A register access, one at a time; `data`: of a write, 0 of a read.
  virtual void access_begins(bool write, std::uint16_t address, std::uint32_t data) = 0;
  /// `data`: what was written or read.
  virtual void access_ends(std::uint32_t data, unsigned response) = 0;
  /// The chip was reset: bursts in flight are forgotten.
  virtual void bus_reset() = 0;
};

}  // namespace p2p::sim
