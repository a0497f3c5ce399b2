// Run-down protection. Count is twice the number of holders; while somebody waits for the run-down, it is the address
// of the waiter's block with bit 0 set; after it, 1.
#include "sw/ntos/ke/irql.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
constexpr ULONG_PTR kRundown = 1;

struct Waiter {
  ULONG_PTR holders;
  KEVENT last_left;
};
Waiter* waiter_of(const EX_RUNDOWN_REF* reference) { return reinterpret_cast<Waiter*>(reference->Count & ~kRundown); }
}  // namespace

extern "C" {

VOID NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { RunRef->Count = 0; }
VOID NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { RunRef->Count = 0; }
VOID NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef) { RunRef->Count = kRundown; }

BOOLEAN NTAPI ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  if ((RunRef->Count & kRundown) != 0) return FALSE;
  RunRef->Count = RunRef->Count + 2 * ULONG_PTR{Count};
  return TRUE;
}
BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) { return ExAcquireRundownProtectionEx(RunRef, 1); }

VOID NTAPI ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  const ULONG_PTR value = RunRef->Count;
  Waiter* waiter = (value & kRundown) != 0 ? waiter_of(RunRef) : nullptr;
  const ULONG_PTR holders = waiter != nullptr ? waiter->holders : (value & kRundown) != 0 ? 0 : value / 2;
  if (holders < Count) {
    verify(false, 0x1007, value_of(RunRef), 0, 0, "RundownProtection",
           "run-down protection was released more often than acquired");
    return;
  }
  if (waiter == nullptr) {
    RunRef->Count = value - 2 * ULONG_PTR{Count};
    return;
  }
  waiter->holders -= Count;
  if (waiter->holders == 0) KeSetEvent(&waiter->last_left, IO_NO_INCREMENT, FALSE);
}
VOID NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) { ExReleaseRundownProtectionEx(RunRef, 1); }

VOID NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
  if ((RunRef->Count & kRundown) != 0) return;  // run down already
  Waiter waiter{RunRef->Count / 2, {}};
  if (waiter.holders != 0) {
    KeInitializeEvent(&waiter.last_left, SynchronizationEvent, FALSE);
    RunRef->Count = reinterpret_cast<ULONG_PTR>(&waiter) | kRundown;
    void* event = &waiter.last_left;
    wait_for_objects(&event, 1, false, false, nullptr);
  }
  RunRef->Count = kRundown;
}

}  // extern "C"
