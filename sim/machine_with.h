// A whole machine: sim/machine.h plus the chip, watched by `Observer` on every clock edge of both domains.
#pragma once

#include "sim/clocked_chip.h"
#include "sim/machine.h"

namespace p2p::sim {

template <class Observer = NullObserver>
class MachineWith final : public Machine {
 public:
  /// `observer` must outlive the machine.
  MachineWith(const MachineConfig& config, Observer& observer)
      : Machine(config), chip_(this->config(), {memory_bridge(), register_bridge(), player(), attention()}, observer) {
    attach_chip(chip_);
  }
  ~MachineWith() override { detach_chip(); }

  /// The Verilated model, for whoever wants to look at its ports.
  const Vvcap& model() const { return chip_.model(); }

 private:
  ClockedChip<Observer> chip_;
};

}  // namespace p2p::sim
