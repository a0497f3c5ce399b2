#include "sim/chip_signals.h"

#include <Vvcap.h>
#include <Vvcap___024root.h>

namespace p2p::sim {

std::vector<ChipSignal> chip_signals(const Vvcap& model) {
  const Vvcap___024root& root = *model.rootp;
  return {
#define P2P_CHIP_SIGNAL(member, path, bits) {path, bits, root.member},
#include "chip_signals.inc"
#undef P2P_CHIP_SIGNAL
  };
}

}  // namespace p2p::sim
