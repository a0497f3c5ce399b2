// Events, semaphores, mutexes, fast and guarded mutexes.
#include "sw/ntos/ke/irql.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/objects.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
void initialize(PDISPATCHER_HEADER header, UCHAR type, LONG state) {
  *header = {};
  header->Type = type;
  header->SignalState = state;
  InitializeListHead(&header->WaitListHead);
}
/// 0xC4/0x80 (R-EVT-2).
void check_set_irql(const void* object) {
  if (current_thread() != nullptr && current_cpu().irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x80, current_cpu().irql, reinterpret_cast<std::uintptr_t>(object), 0, "IrqlKeSetEvent",
                    "KeSetEvent above DISPATCH_LEVEL");
  }
}
}  // namespace

extern "C" {

VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
  initialize(&Event->Header, Type == NotificationEvent ? kNotificationEvent : kSynchronizationEvent, State ? 1 : 0);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
  UNREFERENCED_PARAMETER(Increment);
  UNREFERENCED_PARAMETER(Wait);
  check_set_irql(Event);
  const LONG previous = Event->Header.SignalState;
  Event->Header.SignalState = 1;
  object_signalled(&Event->Header);
  preemption_point();
  return previous;
}

LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
  const LONG previous = KeSetEvent(Event, Increment, Wait);
  Event->Header.SignalState = 0;
  return previous;
}

LONG NTAPI KeResetEvent(PRKEVENT Event) {
  const LONG previous = Event->Header.SignalState;
  Event->Header.SignalState = 0;
  return previous;
}

VOID NTAPI KeClearEvent(PRKEVENT Event) { Event->Header.SignalState = 0; }

LONG NTAPI KeReadStateEvent(PRKEVENT Event) { return Event->Header.SignalState; }

VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) {
  initialize(&Semaphore->Header, kSemaphore, Count);
  Semaphore->Limit = Limit;
}

LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) {
  UNREFERENCED_PARAMETER(Increment);
  UNREFERENCED_PARAMETER(Wait);
  const LONG previous = Semaphore->Header.SignalState;
  if (Adjustment <= 0 || previous > Semaphore->Limit - Adjustment) {
    ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_SEMAPHORE_LIMIT_EXCEEDED), 0, 0, 0, "KMODE_EXCEPTION_NOT_HANDLED",
                    "KeReleaseSemaphore beyond the limit raises STATUS_SEMAPHORE_LIMIT_EXCEEDED");
  }
  Semaphore->Header.SignalState = previous + Adjustment;
  object_signalled(&Semaphore->Header);
  preemption_point();
  return previous;
}

LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore) { return Semaphore->Header.SignalState; }

VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level) {
  UNREFERENCED_PARAMETER(Level);
  initialize(&Mutex->Header, kMutant, 1);
  Mutex->OwnerThread = nullptr;
  Mutex->Abandoned = FALSE;
  Mutex->ApcDisable = 1;
}

LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait) {
  UNREFERENCED_PARAMETER(Wait);
  if (Thread::of(Mutex->OwnerThread) != current_thread()) {
    ntos::bug_check(
        0x1E, static_cast<ULONG>(STATUS_MUTANT_NOT_OWNED), 0, 0, 0, "KMODE_EXCEPTION_NOT_HANDLED",
        "KeReleaseMutex by a thread that does not own the mutex raises STATUS_MUTANT_NOT_OWNED");  // R-MTX-1
  }
  const LONG previous = Mutex->Header.SignalState;
  Mutex->Header.SignalState = previous + 1;
  if (Mutex->Header.SignalState == 1) {
    Mutex->OwnerThread = nullptr;
    object_signalled(&Mutex->Header);
  }
  preemption_point();
  return previous;
}

LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex) { return Mutex->Header.SignalState; }

VOID NTAPI ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  if (Thread::of(FastMutex->Owner) == current_thread()) {
    ntos::bug_check(0xC4, 0x1000, reinterpret_cast<std::uintptr_t>(FastMutex), 0, 0, "DeadlockSelf",
                    "a fast mutex was acquired again by its owner");  // R-MTX-2: not recursive
  }
  void* event = &FastMutex->Event;
  while (FastMutex->Owner != nullptr) wait_for_objects(&event, 1, false, false, nullptr);
  FastMutex->Owner = current_thread()->kthread();
  FastMutex->Count = 0;
}

VOID NTAPI ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  if (Thread::of(FastMutex->Owner) != current_thread()) {
    ntos::bug_check(0xC4, 0x1004, reinterpret_cast<std::uintptr_t>(FastMutex), 0, 0, "FastMutexOwner",
                    "a fast mutex was released by a thread that does not own it");
  }
  FastMutex->Owner = nullptr;
  FastMutex->Count = 1;
  KeSetEvent(&FastMutex->Event, 0, FALSE);
}

VOID NTAPI ExAcquireFastMutex(PFAST_MUTEX FastMutex) {
  const KIRQL old = current_cpu().irql;
  if (old > APC_LEVEL) {
    ntos::bug_check(0xC4, 0x33, old, reinterpret_cast<std::uintptr_t>(FastMutex), 0, "IrqlExApcLte1",
                    "ExAcquireFastMutex above APC_LEVEL");
  }
  current_cpu().irql = APC_LEVEL;
  ExAcquireFastMutexUnsafe(FastMutex);
  FastMutex->OldIrql = old;
}

VOID NTAPI ExReleaseFastMutex(PFAST_MUTEX FastMutex) {
  const KIRQL now = current_cpu().irql;
  if (now != APC_LEVEL) {
    ntos::bug_check(0xC4, 0x34, now, 0, reinterpret_cast<std::uintptr_t>(FastMutex), "IrqlExApcLte1",
                    "ExReleaseFastMutex not at APC_LEVEL");
  }
  const auto old = static_cast<KIRQL>(FastMutex->OldIrql);
  ExReleaseFastMutexUnsafe(FastMutex);
  set_irql(old);
}

BOOLEAN NTAPI ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) {
  if (FastMutex->Owner != nullptr) return FALSE;
  ExAcquireFastMutex(FastMutex);
  return TRUE;
}

VOID NTAPI KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex) {
  ExInitializeFastMutex(reinterpret_cast<PFAST_MUTEX>(Mutex));
}
VOID NTAPI KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  KeEnterGuardedRegion();
  ExAcquireFastMutexUnsafe(reinterpret_cast<PFAST_MUTEX>(Mutex));
}
VOID NTAPI KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex) {
  ExReleaseFastMutexUnsafe(reinterpret_cast<PFAST_MUTEX>(Mutex));
  KeLeaveGuardedRegion();
}

}  // extern "C"
