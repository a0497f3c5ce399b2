// Paged pool is out of reach while the processor that runs is at DISPATCH_LEVEL or above. No DDK header: the fibers'
// file includes this.
#pragma once

namespace p2p::ke {

/// Some paged pool can be touched now. Only the pool writes it.
inline bool paged_pool_open = false;
/// Takes all of it away; the next access below DISPATCH_LEVEL brings its block back.
void close_paged_pool();
/// A fiber runs again after others did: what they had open is not its own if its IRQL is raised.
void fiber_resumed();

}  // namespace p2p::ke
