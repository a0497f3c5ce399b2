// A driver that spins without letting simulated time pass would hang the process: it is a bug check.
#pragma once

#include <cstdint>

namespace p2p::ke {

/// A driver's code that has the processor for so long (of the host's CPU time) while simulated time stands still is bug
/// check 0x133 at DISPATCH_LEVEL or above, 0xEA below. 0: never. Once a process.
void start_spin_watchdog(std::uint32_t limit_ms);
void stop_spin_watchdog();

}  // namespace p2p::ke
