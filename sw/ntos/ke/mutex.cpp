// Mutexes, fast and guarded mutexes.
#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ke/objects.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
void acquire(PFAST_MUTEX mutex) {
  Thread* self = current_thread();
  if (Thread::of(mutex->Owner) == self) {  // R-MTX-2: on Windows the thread waits for itself for ever
    verify(false, 0x1000, value_of(mutex), 0, 0, "DeadlockSelf", "a fast mutex was acquired again by its owner");
    ntos::bug_check(0x162, value_of(mutex), 0, 0, 0, "KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE",
                    "a fast mutex was acquired again by its owner, which would wait for ever");
  }
  void* event = &mutex->Event;
  while (mutex->Owner != nullptr) {
    ++mutex->Contention;
    wait_for_objects(&event, 1, false, false, nullptr);
  }
  mutex->Owner = self->kthread();
  mutex->Count = 0;
}

void release(PFAST_MUTEX mutex) {
  if (Thread::of(mutex->Owner) != current_thread()) {
    verify(false, 0x1004, value_of(mutex), 0, current_thread()->id, "DeadlockWrongThread",
           "a fast mutex was released by a thread that does not own it");
    ntos::bug_check(0x162, value_of(mutex), 0, 0, 0, "KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE",
                    "a fast mutex was released by a thread that does not own it");
  }
  mutex->Owner = nullptr;
  mutex->Count = 1;
  KeSetEvent(&mutex->Event, 0, FALSE);
}

/// "Unsafe" forms: the caller already keeps APCs away.
void verify_apcs_off(std::uint64_t sub_code, const void* mutex, const char* message) {
  const Thread* self = current_thread();
  const bool off = current_cpu().irql == APC_LEVEL || self->kernel_apc_disable > 0 || self->special_apc_disable > 0;
  verify(off, sub_code, current_cpu().irql, static_cast<std::uint64_t>(self->kernel_apc_disable), value_of(mutex),
         "IrqlExApcLte1", message);
}

/// Is this mutex in some thread's list of mutexes it owns? The memory itself may hold anything.
bool owned_mutex(const KMUTANT* mutex) {
  for (Thread* thread : all_threads()) {
    for (const LIST_ENTRY* link = thread->mutants.Flink; link != &thread->mutants; link = link->Flink) {
      if (link == &mutex->MutantListEntry) return true;
    }
  }
  return false;
}

// A KGUARDED_MUTEX begins like a FAST_MUTEX: count, owner, contention, then an object with a dispatcher header.
static_assert(sizeof(KGATE) == sizeof(KEVENT) &&
              FIELD_OFFSET(KGUARDED_MUTEX, Gate) == FIELD_OFFSET(FAST_MUTEX, Event) &&
              FIELD_OFFSET(KGUARDED_MUTEX, Owner) == FIELD_OFFSET(FAST_MUTEX, Owner));
PFAST_MUTEX fast(PKGUARDED_MUTEX mutex) { return reinterpret_cast<PFAST_MUTEX>(mutex); }
}  // namespace

extern "C" {

VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level) {
  UNREFERENCED_PARAMETER(Level);
  if (Mutex->Header.Type == kMutant) {  // else the memory was something else before
    verify(!owned_mutex(Mutex), 0x1005, value_of(Mutex), 0, 0, "LockInitializedTwice",
           "a mutex was initialised again while a thread owns it");
  }
  initialize_header(&Mutex->Header, kMutant, 1);
  Mutex->OwnerThread = nullptr;
  Mutex->Abandoned = FALSE;
  Mutex->ApcDisable = 1;
}

LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait) {
  UNREFERENCED_PARAMETER(Wait);
  Thread* self = current_thread();
  if (Thread::of(Mutex->OwnerThread) != self) {  // R-MTX-1
    ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_MUTANT_NOT_OWNED), 0, 0, 0, "KMODE_EXCEPTION_NOT_HANDLED",
                    "KeReleaseMutex by a thread that does not own the mutex raises STATUS_MUTANT_NOT_OWNED");
  }
  const LONG previous = Mutex->Header.SignalState;
  Mutex->Header.SignalState = previous + 1;
  if (Mutex->Header.SignalState == 1) {
    Mutex->OwnerThread = nullptr;
    RemoveEntryList(&Mutex->MutantListEntry);
    self->kernel_apc_disable -= Mutex->ApcDisable;
    object_signalled(&Mutex->Header);
  }
  preemption_point();
  return previous;
}

LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex) { return Mutex->Header.SignalState; }

VOID NTAPI ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  verify_apcs_off(0x39, FastMutex, "ExAcquireFastMutexUnsafe with APCs enabled");
  acquire(FastMutex);
}

VOID NTAPI ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  verify_apcs_off(0x3A, FastMutex, "ExReleaseFastMutexUnsafe with APCs enabled");
  release(FastMutex);
}

VOID NTAPI ExAcquireFastMutex(PFAST_MUTEX FastMutex) {
  const KIRQL old = current_cpu().irql;
  current_cpu().irql = APC_LEVEL;
  acquire(FastMutex);
  FastMutex->OldIrql = old;
}

VOID NTAPI ExReleaseFastMutex(PFAST_MUTEX FastMutex) {
  const KIRQL now = current_cpu().irql;
  verify(now == APC_LEVEL, 0x34, now, 0, value_of(FastMutex), "IrqlExApcLte1", "ExReleaseFastMutex not at APC_LEVEL");
  const auto old = static_cast<KIRQL>(FastMutex->OldIrql);
  release(FastMutex);
  set_irql(old);
}

BOOLEAN NTAPI ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) {
  if (FastMutex->Owner != nullptr) return FALSE;
  ExAcquireFastMutex(FastMutex);
  return TRUE;
}

VOID NTAPI KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex) {
  *Mutex = {};
  Mutex->Count = 1;
  KeInitializeEvent(&fast(Mutex)->Event, SynchronizationEvent, FALSE);
}
VOID NTAPI KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  KeEnterGuardedRegion();
  acquire(fast(Mutex));
}
VOID NTAPI KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex) {
  release(fast(Mutex));
  KeLeaveGuardedRegion();
}
VOID NTAPI KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex) {
  verify_apcs_off(0x39, Mutex, "KeAcquireGuardedMutexUnsafe with APCs enabled");
  acquire(fast(Mutex));
}
VOID NTAPI KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex) { release(fast(Mutex)); }
BOOLEAN NTAPI KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  if (Mutex->Owner != nullptr) return FALSE;
  KeAcquireGuardedMutex(Mutex);
  return TRUE;
}

}  // extern "C"
