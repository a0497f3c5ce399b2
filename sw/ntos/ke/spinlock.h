// Spin locks: the value is 0 when free, else the owning CPU's number + 1. Needs a DDK kernel header before it.
#pragma once

namespace p2p::ke {

/// Takes the lock at the current IRQL, spinning while another CPU owns it. Recursion is bug check 0x0F (R-SPIN-2).
void acquire_spin_lock(PKSPIN_LOCK lock);
/// Not owned by this CPU: bug check 0xC4/0x1007.
void release_spin_lock(PKSPIN_LOCK lock);

}  // namespace p2p::ke
