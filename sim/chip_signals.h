// The registers inside the chip and its ports, by their names in the RTL: for people who look into a run that stands
// still, and for waveforms of what controls the chip. What Verilator has kept of them, which is nearly all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

class Vvcap;

namespace p2p::sim {

struct ChipSignal {
  std::string_view path;  ///< "gen_channel[0].u_channel.u_video_in.state_q"
  unsigned bits = 0;
  std::uint64_t value = 0;
};

/// In the order of the design.
std::vector<ChipSignal> chip_signals(const Vvcap& model);

/// Where a port or a register lies within the model.
struct ChipSignalPlace {
  std::string_view path;
  bool port = false;
  unsigned bits = 0;
  const void* at = nullptr;
  std::size_t bytes = 0;  ///< 1, 2, 4 or 8
};
/// Ports, too. Those that Verilator keeps in 64 bits at most.
std::vector<ChipSignalPlace> chip_signal_places(const Vvcap& model);

}  // namespace p2p::sim
