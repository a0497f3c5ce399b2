// Splitter pins: further instances of a pin type with KSPIN_FLAG_SPLITTER get copies of the first one's frames
// (R-SPL-1..4). Needs sw/ks/ddk.h before it.
#pragma once

#include "sw/ks/objects.h"

namespace p2p::ks {

/// A pin that has entered its filter: if it is a further instance of a splitter, it gets a source. The control mutex is
/// held.
void join_splitter(Pin& pin);
/// A pin that has left its filter: where it was the source, its oldest sibling is it from now on. The control mutex is
/// held.
void leave_splitter(Pin& pin);

}  // namespace p2p::ks
