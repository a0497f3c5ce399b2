// KeAcquireSpinLock and its relatives (R-SPIN-1 to R-SPIN-5).
#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ke/schedule.h"
#include "sw/ntos/ke/spinlock.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
KIRQL raise_and_acquire(PKSPIN_LOCK lock, bool queued) {
  schedule_point();
  Cpu& cpu = current_cpu();
  const KIRQL old = cpu.irql;
  if (old > DISPATCH_LEVEL) {  // R-IRQL-4
    verify(false, 0x42, old, value_of(lock), 0, "IrqlKeDispatchLte", "KeAcquireSpinLock above DISPATCH_LEVEL");
    ntos::bug_check(0x0A, 0, old, 0, 0, "IRQL_NOT_LESS_OR_EQUAL", "KeAcquireSpinLock above DISPATCH_LEVEL");
  }
  cpu.irql = DISPATCH_LEVEL;
  acquire_spin_lock(lock, {old, true, queued});
  schedule_point();
  return old;
}

void release_and_lower(PKSPIN_LOCK lock, KIRQL irql, bool queued) {
  const KIRQL now = current_cpu().irql;
  verify(now == DISPATCH_LEVEL, queued ? 0x36 : 0x32, now, value_of(lock), irql, "SpinlockRelease",
         "a spin lock was released not at DISPATCH_LEVEL");
  verify(irql <= DISPATCH_LEVEL, 0x31, now, irql, 0, "IrqlKeReleaseSpinLock", "KeReleaseSpinLock to a higher IRQL");
  release_spin_lock(lock, {irql, true, queued});
  set_irql(irql);
  schedule_point();
}

void acquire_at_dpc(PKSPIN_LOCK lock, bool queued, bool tried = false) {
  const KIRQL now = current_cpu().irql;
  verify(now >= DISPATCH_LEVEL, 0x40, now, value_of(lock), 0, "IrqlDispatch",
         "KeAcquireSpinLockAtDpcLevel below DISPATCH_LEVEL");  // R-SPIN-3
  acquire_spin_lock(lock, {PASSIVE_LEVEL, false, queued, tried});
}

void release_from_dpc(PKSPIN_LOCK lock, bool queued) {
  const KIRQL now = current_cpu().irql;
  verify(now >= DISPATCH_LEVEL, 0x41, now, value_of(lock), 0, "IrqlDispatch",
         "KeReleaseSpinLockFromDpcLevel below DISPATCH_LEVEL");
  release_spin_lock(lock, {PASSIVE_LEVEL, false, queued});
}

PKSPIN_LOCK lock_of(PKLOCK_QUEUE_HANDLE handle) { return const_cast<PKSPIN_LOCK>(handle->LockQueue.Lock); }
}  // namespace

extern "C" {

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) { return raise_and_acquire(SpinLock, false); }

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) { release_and_lower(SpinLock, NewIrql, false); }

VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) { acquire_at_dpc(SpinLock, false); }

VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) { release_from_dpc(SpinLock, false); }

BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  if (!KeTestSpinLock(SpinLock)) return FALSE;
  acquire_at_dpc(SpinLock, false, true);
  return TRUE;
}

BOOLEAN NTAPI KeTestSpinLock(PKSPIN_LOCK SpinLock) { return (*SpinLock & 0xFF) == 0; }

KIRQL NTAPI KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock) { return raise_and_acquire(SpinLock, false); }

VOID NTAPI KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql) { release_and_lower(SpinLock, OldIrql, false); }

VOID NTAPI KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->LockQueue.Next = nullptr;
  LockHandle->LockQueue.Lock = SpinLock;
  LockHandle->OldIrql = raise_and_acquire(SpinLock, true);
}

VOID NTAPI KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
  release_and_lower(lock_of(LockHandle), LockHandle->OldIrql, true);
}

VOID NTAPI KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->LockQueue.Next = nullptr;
  LockHandle->LockQueue.Lock = SpinLock;
  acquire_at_dpc(SpinLock, true);
}

VOID NTAPI KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) {
  release_from_dpc(lock_of(LockHandle), true);
}

VOID NTAPI KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle);
}

VOID NTAPI KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle) {
  KeReleaseInStackQueuedSpinLock(LockHandle);
}

}  // extern "C"
