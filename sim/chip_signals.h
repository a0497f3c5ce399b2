// The registers inside the chip, by their names in the RTL: for people who look into a run that stands still. What
// Verilator has kept of them, which is nearly all.
#pragma once

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

}  // namespace p2p::sim
