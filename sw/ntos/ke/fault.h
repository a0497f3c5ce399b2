// Memory faults of simulated code, which end the run as Windows' bug checks and not the process.
#pragma once

namespace p2p::ke {

/// From now on a fault inside a simulated thread is a bug check at its cycle, with the call stack of who faulted:
/// 0xD1, 0xD5, 0xD6 in a driver; 0x0A, 0xCC, 0xCD in the kernel on its behalf; 0x50 or 0x1E below DISPATCH_LEVEL.
/// An exception of the processor below DISPATCH_LEVEL goes to the __try statements around it first (ke/exception.h).
/// Other faults, and a stack that overflows, keep the action they had. Once a process; the calling OS thread is the one
/// that runs the simulation.
void install_fault_handler();

}  // namespace p2p::ke
