#include "sim/chip_signals.h"

#include <Vvcap.h>
#include <Vvcap___024root.h>

namespace p2p::sim {

std::vector<ChipSignal> chip_signals(const Vvcap& model) {
  const Vvcap___024root& root = *model.rootp;
  return {
#define P2P_CHIP_PORT(member, path, bits)
#define P2P_CHIP_SIGNAL(member, path, bits) {path, bits, root.member},
#include "chip_signals.inc"
#undef P2P_CHIP_PORT
#undef P2P_CHIP_SIGNAL
  };
}

std::vector<ChipSignalPlace> chip_signal_places(const Vvcap& model) {
  const Vvcap___024root& root = *model.rootp;
  return {
#define P2P_CHIP_PORT(member, path, bits) {path, true, bits, &root.member, sizeof root.member},
#define P2P_CHIP_SIGNAL(member, path, bits) {path, false, bits, &root.member, sizeof root.member},
#include "chip_signals.inc"
#undef P2P_CHIP_PORT
#undef P2P_CHIP_SIGNAL
  };
}

}  // namespace p2p::sim
