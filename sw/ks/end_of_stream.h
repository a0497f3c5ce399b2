// The end of a stream inside a filter (R-HDR-5). Needs sw/ks/ddk.h before it.
#pragma once

#include "sw/ks/objects.h"

namespace p2p::ks {

/// A frame with ENDOFSTREAM has left the output pin: Reset is told in a worker thread, inputs that wait for it go on.
/// The queue's lock is held. IRQL DISPATCH_LEVEL.
void output_ended(Pin& pin);
/// Does a stream that ends at this input pin wait for the end of an output? It does where the filter's topology
/// connects it with an output pin that is open. IRQL <= DISPATCH_LEVEL.
bool waits_for_output(const Pin& pin);

}  // namespace p2p::ks
