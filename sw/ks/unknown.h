// COM faces of AVStream's objects: the outer IUnknown, aggregated clients, IKsControl. Needs sw/ks/ddk.h before it.
#pragma once

namespace p2p::ks {

/// The object goes away: its aggregated clients are released.
void forget_unknown(const void* object);

}  // namespace p2p::ks
