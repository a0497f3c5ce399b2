// Needs sw/ntos/ddk.h before it.
#pragma once

namespace p2p::io {

/// The device goes, and its timer with it.
void forget_timer(PDEVICE_OBJECT device);

}  // namespace p2p::io
