// What is looked at now and then during a run: often enough for a person, seldom enough to cost nothing.
#pragma once

#include <cstdint>
#include <functional>

#include "sim/machine.h"

namespace p2p::tb {

/// `look` is called once, between two edges, some thousand bus cycles from now.
inline void look_later(sim::Machine& machine, std::function<void()> look) {
  constexpr std::uint64_t kCycles = 8192;
  machine.call_at(machine.now_ps() + kCycles * machine.config().bus_period_ps, std::move(look));
}

}  // namespace p2p::tb
