// Low-resource simulation: the n-th allocation of a run is refused.
#pragma once

#include <string_view>

namespace p2p::ex {

/// Counts an allocation that Windows may refuse: pool, mappings of registers and MDLs, DMA adapters, common buffers,
/// interrupt connections, threads. True for the one that KernelConfig::fail_allocation names: the caller answers as if
/// memory were short. `what` goes into the event. Any IRQL.
bool refuse_allocation(std::string_view what);

}  // namespace p2p::ex
