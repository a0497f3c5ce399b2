// Lookaside lists that are alive, for whoever takes memory away.
#pragma once

#include <cstddef>

namespace p2p::ex {

/// An initialised lookaside list inside a block of memory; nullptr if there is none.
const void* lookaside_in(const void* base, std::size_t bytes);

}  // namespace p2p::ex
