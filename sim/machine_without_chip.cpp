#include "sim/machine_without_chip.h"

#include <systemc>

namespace p2p::sim {

MachineWithoutChip::MachineWithoutChip(const MachineConfig& config) : Machine(config) {
  if (config.time_limit_ps == 0) return;
  sc_core::sc_spawn([this] {
    sc_core::wait(sc_core::sc_time::from_value(this->config().time_limit_ps));
    stop(kTimeLimitReached);
  });
}

}  // namespace p2p::sim
