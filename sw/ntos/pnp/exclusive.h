// PnP and power operations happen one at a time, as Windows' PnP manager makes them. Needs sw/ntos/ddk.h before it.
#pragma once

#include <functional>

namespace p2p::pnp {

/// Held by the thread that starts, stops, removes or puts to sleep; the same thread may hold it more than once. Waits
/// in simulated time. PASSIVE_LEVEL. Longer than twice KernelConfig::power_limit_ms is
/// bug check 0x1D5.
class Exclusive {
 public:
  Exclusive();
  ~Exclusive();
  Exclusive(const Exclusive&) = delete;
  Exclusive& operator=(const Exclusive&) = delete;
};

/// Runs `action` at PASSIVE_LEVEL in a worker thread that holds Exclusive, in order; only ever one worker waits for
/// its turn. IRQL <= DISPATCH_LEVEL.
void queue_action(std::function<void()> action);

}  // namespace p2p::pnp
