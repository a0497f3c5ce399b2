// Which part of a run has a waveform.
#pragma once

#include <cstdint>
#include <optional>

namespace p2p::tb {

/// In simulated ps.
struct TracedSpan {
  std::uint64_t from_ps = 0, to_ps = 0;
  std::optional<std::uint64_t> failure_ps;  ///< what it is about
  std::uint64_t cycle_ps = 1;               ///< a bus cycle

  std::uint64_t from_cycle() const { return from_ps / cycle_ps; }
  std::uint64_t to_cycle() const { return to_ps / cycle_ps; }
};

}  // namespace p2p::tb
