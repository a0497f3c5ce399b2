#include "sw/ntos/ke/spinlock.h"

#include <algorithm>

#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/dispatch_time.h"
#include "sw/ntos/ke/lock_order.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ke {

namespace {
// A lock remembers how it was used, so that mixing the two kinds shows (R-SPIN-5). KeInitializeSpinLock clears it.
constexpr KSPIN_LOCK kOwnerMask = 0xFF, kOrdinary = 0x100, kQueued = 0x200;

Cpu* owner_of(const volatile KSPIN_LOCK* lock) {
  const KSPIN_LOCK owner = *lock & kOwnerMask;
  return owner != 0 ? &scheduler().cpu(static_cast<unsigned>(owner) - 1) : nullptr;
}

/// Does following owners and what they spin on lead back to `cpu`?
bool deadlocked(const Cpu& cpu, PKSPIN_LOCK lock) {
  const Cpu* owner = owner_of(lock);
  for (unsigned steps = 0; owner != nullptr && steps < scheduler().cpu_count(); ++steps) {
    if (owner == &cpu) return true;
    if (owner->spinning_on == nullptr) return false;
    owner = owner_of(owner->spinning_on);
  }
  return owner == &cpu;
}

void spin(Cpu& cpu, PKSPIN_LOCK lock) {
  while (owner_of(lock) != nullptr) {
    cpu.spinning_on = lock;
    if (deadlocked(cpu, lock)) {
      ntos::bug_check(0xC4, 0x1001, value_of(lock), 0, 0, "LockHierarchy",
                      "processors spin on locks that the others hold: the locks are taken in different orders");
    }
    fiber_wait(cpu.poke);  // the owner pokes when it releases
    cpu.spinning_on = nullptr;
    check_dispatch_time(cpu);
    take_interrupts();
  }
}
}  // namespace

void acquire_spin_lock(PKSPIN_LOCK lock, SpinLockUse use) {
  Cpu& cpu = current_cpu();
  if (owner_of(lock) == &cpu) {
    ntos::bug_check(0x0F, value_of(lock), 0, 0, 0, "SPIN_LOCK_ALREADY_OWNED",
                    "a spin lock was acquired by the processor that already holds it");
  }
  const KSPIN_LOCK kind = use.queued ? kQueued : kOrdinary;
  verify((*lock & (kOrdinary | kQueued) & ~kind) == 0, 0x1008, value_of(lock), use.queued, 0, "QueuedSpinLock",
         "a spin lock was used both as an ordinary and as an in-stack queued lock");
  if ((*lock & (kOrdinary | kQueued)) == 0) forget_lock_order(lock);
  if (!cpu.locks.empty() && !use.tried) note_lock_order(cpu.locks.back().lock, lock);
  spin(cpu, lock);
  *lock = (cpu.number + 1u) | kind;
  cpu.locks.push_back({lock, use.old_irql, use.raised, use.queued, hardware().now_ps()});
}

void release_spin_lock(PKSPIN_LOCK lock, SpinLockUse use) {
  Cpu& cpu = current_cpu();
  auto held = std::find_if(cpu.locks.begin(), cpu.locks.end(), [lock](const HeldLock& h) { return h.lock == lock; });
  if (held == cpu.locks.end()) {
    verify(false, 0x1007, value_of(lock), 0, 0, "SpinLockRelease",
           "a spin lock was released by a processor that does not hold it");
  } else {
    verify(held->queued == use.queued, 0x1009, value_of(lock), 0, 0, "QueuedSpinLockRelease",
           "a spin lock was released by the other kind of routine than acquired it");
    verify(held->raised || !use.raised, 0x4000A, value_of(lock), 0, 0, "SpinLockRelease",
           "KeReleaseSpinLock released a spin lock that KeAcquireSpinLock had not acquired");
    verify(held->raised == use.raised, 0x1009, value_of(lock), 0, 0, "SpinLockDpc",
           "a spin lock whose acquire raised IRQL was released without lowering it");
    verify(!use.raised || held->old_irql == use.old_irql, 0x20015, value_of(lock), held->old_irql, use.old_irql,
           "IrqlKeReleaseSpinLock", "a spin lock was released to another IRQL than its acquire saved");
    // Locks at DPC level may be released in any order; below it an inner lock would be held at a level of no lock.
    verify(held + 1 == cpu.locks.end() || use.old_irql >= DISPATCH_LEVEL || !use.raised, 0x1003, value_of(lock),
           value_of(cpu.locks.back().lock), 0, "LockReleaseOrder",
           "a spin lock was released to a lower IRQL before one that was acquired inside it");
    cpu.locks.erase(held);
  }
  *lock &= ~kOwnerMask;
  for (unsigned i = 0; i < scheduler().cpu_count(); ++i) {
    if (scheduler().cpu(i).spinning_on == lock) scheduler().cpu(i).poke.notify();
  }
}

unsigned spin_locks_held() {
  return current_thread() != nullptr ? static_cast<unsigned>(current_cpu().locks.size()) : 0;
}

void verify_locks_released(unsigned allowed, std::uint64_t p2, std::string_view what) {
  if (spin_locks_held() <= allowed) return;
  const bool queued = current_cpu().locks.back().queued;
  verify(false, queued ? 0x40006 : 0x40009, p2, 0, 0, queued ? "QueuedSpinLock" : "SpinLock", what);
}

const KSPIN_LOCK* held_lock_in(const void* base, std::size_t bytes, std::uint64_t* owner) {
  for (unsigned i = 0; i < scheduler().cpu_count(); ++i) {
    const Cpu& cpu = scheduler().cpu(i);
    for (const HeldLock& held : cpu.locks) {
      if (value_of(held.lock) - value_of(base) >= bytes) continue;
      *owner = cpu.current->id;
      return held.lock;
    }
  }
  return nullptr;
}

}  // namespace p2p::ke
