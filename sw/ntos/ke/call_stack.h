// Who called whom, down to the caller's own code. No DDK header: backtrace() is the host's.
#pragma once

#include <vector>

#include "ntos/kernel.h"

namespace p2p::ke {

/// Return addresses of the calling fiber, innermost first, each as a place in its module. `skip`: frames of the
/// caller's that nobody wants to see.
std::vector<ntos::CallFrame> capture_call_stack(unsigned skip);
/// The place of the instruction at `address`; without a module where there is none.
ntos::CallFrame place_of(std::uint64_t address);

}  // namespace p2p::ke
