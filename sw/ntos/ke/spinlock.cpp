#include "sw/ntos/ke/irql.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::ke {

void acquire_spin_lock(PKSPIN_LOCK lock) {
  Cpu* cpu = &current_cpu();
  if (*lock == cpu->number + 1) {
    ntos::bug_check(0x0F, reinterpret_cast<std::uintptr_t>(lock), 0, 0, 0, "SPIN_LOCK_ALREADY_OWNED",
                    "a spin lock was acquired by the processor that already holds it");
  }
  while (*lock != 0) {
    // The owner runs on another CPU and pokes everyone when it releases.
    Thread* self = current_thread();
    fiber_wait(cpu->poke);
    resume(self);
    take_interrupts();
    cpu = &current_cpu();
  }
  *lock = cpu->number + 1;
}

void release_spin_lock(PKSPIN_LOCK lock) {
  if (*lock != current_cpu().number + 1) {
    ntos::bug_check(0xC4, 0x1007, reinterpret_cast<std::uintptr_t>(lock), 0, 0, "SpinLockRelease",
                    "a spin lock was released by a processor that does not hold it");
  }
  *lock = 0;
  if (scheduler().cpu_count() > 1) scheduler().poke_all();
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

extern "C" {

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
  const KIRQL old = current_cpu().irql;
  if (old > DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x42, old, reinterpret_cast<std::uintptr_t>(SpinLock), 0, "SpinLock",
                    "KeAcquireSpinLock above DISPATCH_LEVEL");
  }
  current_cpu().irql = DISPATCH_LEVEL;
  acquire_spin_lock(SpinLock);
  return old;
}

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
  const KIRQL now = current_cpu().irql;
  if (now != DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x32, now, reinterpret_cast<std::uintptr_t>(SpinLock), 0, "SpinlockRelease",
                    "KeReleaseSpinLock not at DISPATCH_LEVEL");
  }
  if (NewIrql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x31, now, NewIrql, 0, "IrqlKeReleaseSpinLock", "KeReleaseSpinLock to a higher IRQL");
  }
  release_spin_lock(SpinLock);
  set_irql(NewIrql);
}

VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  if (current_cpu().irql < DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x40, current_cpu().irql, reinterpret_cast<std::uintptr_t>(SpinLock), 0, "SpinLockDpc",
                    "KeAcquireSpinLockAtDpcLevel below DISPATCH_LEVEL");  // R-SPIN-3
  }
  acquire_spin_lock(SpinLock);
}

VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) {
  if (current_cpu().irql < DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x41, current_cpu().irql, reinterpret_cast<std::uintptr_t>(SpinLock), 0, "SpinLockDpc",
                    "KeReleaseSpinLockFromDpcLevel below DISPATCH_LEVEL");
  }
  release_spin_lock(SpinLock);
}

VOID NTAPI KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->LockQueue.Lock = SpinLock;
  LockHandle->OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
}

VOID NTAPI KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
  KeReleaseSpinLock(const_cast<PKSPIN_LOCK>(LockHandle->LockQueue.Lock), LockHandle->OldIrql);
}

}  // extern "C"
