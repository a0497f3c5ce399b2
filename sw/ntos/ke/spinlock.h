// Spin locks: the value is 0 when free, else the owning CPU's number + 1, and a mark of its kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

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
/// Bug check 0xC4 if the current CPU holds more than `allowed` spin locks where `what` says it must not: 0x40006 if the
/// last one is an in-stack queued lock, 0x40009 if it is an ordinary one.
void verify_locks_released(unsigned allowed, std::uint64_t p2, std::string_view what);
/// A spin lock inside this memory that some CPU holds, with the id of the thread it runs; or nullptr.
const KSPIN_LOCK* held_lock_in(const void* base, std::size_t bytes, std::uint64_t* owner);

}  // namespace p2p::ke
