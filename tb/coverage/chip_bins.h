// All functional bins of the chip, in one place.
#pragma once

#include <vector>

#include "tb/coverage/bins.h"

namespace p2p::coverage {

/// What a channel is doing, from STATUS.
enum State : std::size_t { kIdle, kBusy, kRunning, kInFrame, kHalted, kResetting };
/// Who writes.
enum Writer : std::size_t { kData, kRecord, kMessage };

struct ChipBins {
  // -- the bus
  Cross descriptor, descriptor_kind, burst, outstanding, order, address_wait, data_wait, latency, turn;
  // -- registers
  Cross write_access, read_access, registers;
  // -- what becomes of frames, and how software hears of it
  Cross state, stop, cause, test, clear, frame_done, outcome, halt, geometry;

  ChipBins();
  std::vector<Cross*> all();
};

/// The place of a register among the bins; of none if the offset is none.
std::size_t register_bin(std::uint32_t offset);

}  // namespace p2p::coverage
