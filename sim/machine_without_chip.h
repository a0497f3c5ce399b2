// A machine without a PCI function: for drivers that bring their own hardware.
#pragma once

#include "sim/machine.h"

namespace p2p::sim {

class MachineWithoutChip final : public Machine {
 public:
  /// Stops with a reason at `config.time_limit_ps`, if that is not 0; also when nothing is left to do before.
  explicit MachineWithoutChip(const MachineConfig& config);
  unsigned pci_function_count() const override { return 0; }
};

}  // namespace p2p::sim
