// Deadlock detection: the orders in which spin locks were nested, so that two that contradict each other are found in a
// run that does not deadlock.
#pragma once

#include "sw/ntos/ddk.h"

namespace p2p::ke {

/// The caller, who holds `outer`, is about to take `lock`. Bug check 0xC4/0x1001 under the Verifier if some path took
/// them the other way round, directly or through others; the report holds the call stack of both.
void note_lock_order(PKSPIN_LOCK outer, PKSPIN_LOCK lock);
/// The lock was initialised since: what was known of that address is of another lock.
void forget_lock_order(PKSPIN_LOCK lock);

}  // namespace p2p::ke
