// ERESOURCEs that are alive, for whoever frees memory.
#pragma once

#include <cstddef>

namespace p2p::ex {

/// An initialised ERESOURCE inside a block of memory; nullptr if there is none.
const void* active_resource_in(const void* base, std::size_t bytes);

}  // namespace p2p::ex
