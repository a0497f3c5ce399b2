// Spin locks: the value is 0 when free, else the owning CPU's number + 1, and a mark of its kind.
#pragma once

#include "sw/ntos/ddk.h"

namespace p2p::ke {

struct SpinLockUse {
  KIRQL old_irql = PASSIVE_LEVEL;
  bool raised = false;  // the acquire raised IRQL from old_irql
  bool queued = false;  // through an in-stack queue handle
  bool tried = false;   // the lock is free, or nobody would have come here: no deadlock begins with it
};

/// Takes the lock at the current IRQL, spinning while another CPU owns it: simulated time passes and higher interrupts
/// run meanwhile. Recursion is bug check 0x0F (R-SPIN-2), CPUs spinning on each other's locks 0xC4/0x1001.
void acquire_spin_lock(PKSPIN_LOCK lock, SpinLockUse use = {});
/// Not owned by this CPU: bug check 0xC4/0x1007 under the Verifier.
void release_spin_lock(PKSPIN_LOCK lock, SpinLockUse use = {});
/// How many spin locks the current CPU holds (interrupt locks included); 0 outside a simulated thread.
unsigned spin_locks_held();

}  // namespace p2p::ke
