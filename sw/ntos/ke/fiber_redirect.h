// How a signal handler gets a fiber out of what it is doing.
#pragma once

#include <ucontext.h>

namespace p2p::ke {

/// From a signal handler: the fiber that was interrupted goes on in `routine`, which must not return, as if the
/// instruction it stands at had called it; the stack can be walked from there. `called`: the instruction was a call
/// that has left its return address already.
void redirect_fiber(ucontext_t* context, bool called, void (*routine)());

}  // namespace p2p::ke
