// Push locks. The lock's word counts shared holders, or is kExclusive; who waits stands beside it.
#include <deque>
#include <map>

#include "sw/ntos/ke/irql.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
constexpr EX_PUSH_LOCK kExclusive = ~EX_PUSH_LOCK{0};

struct Waiter {
  bool exclusive;
  const Thread* thread;
  KEVENT granted;
};
struct Held {
  const Thread* owner = nullptr;  // exclusive
  std::deque<Waiter*> waiters;    // in order of arrival
};
/// Locks that somebody holds. Looked up, never walked.
std::map<PEX_PUSH_LOCK, Held>& held() {
  static auto* const all = new std::map<PEX_PUSH_LOCK, Held>;
  return *all;
}

void check(PEX_PUSH_LOCK lock, std::uint64_t sub_code, const char* message) {
  const Thread* self = current_thread();
  const bool off = current_cpu().irql == APC_LEVEL || self->kernel_apc_disable > 0 || self->special_apc_disable > 0;
  verify(off, sub_code, current_cpu().irql, static_cast<std::uint64_t>(self->kernel_apc_disable), value_of(lock),
         "PushLockApc", message);
}

bool free_for(PEX_PUSH_LOCK lock, bool exclusive) {
  if (*lock == 0) return true;
  return !exclusive && *lock != kExclusive && held()[lock].waiters.empty();
}

void grant(PEX_PUSH_LOCK lock, bool exclusive, const Thread* thread) {
  *lock = exclusive ? kExclusive : *lock + 1;
  held()[lock].owner = exclusive ? thread : nullptr;
}

bool try_acquire(PEX_PUSH_LOCK lock, bool exclusive) {
  check(lock, 0xEA, "a push lock was acquired with normal kernel APCs enabled");
  if (!free_for(lock, exclusive)) return false;
  grant(lock, exclusive, current_thread());
  return true;
}

void acquire(PEX_PUSH_LOCK lock, bool exclusive) {
  if (try_acquire(lock, exclusive)) return;
  verify(held()[lock].owner != current_thread(), 0x1000, value_of(lock), 0, 0, "DeadlockSelf",
         "a push lock was acquired again by the thread that holds it exclusively");
  Waiter waiter{exclusive, current_thread(), {}};
  KeInitializeEvent(&waiter.granted, SynchronizationEvent, FALSE);
  held()[lock].waiters.push_back(&waiter);
  void* event = &waiter.granted;
  wait_for_objects(&event, 1, false, false, nullptr);
}

/// Whoever may have it now, in order: one exclusively, or all that share it up to the next exclusive one.
void hand_on(PEX_PUSH_LOCK lock) {
  std::deque<Waiter*>& waiters = held()[lock].waiters;
  std::deque<Waiter*> chosen;
  while (!waiters.empty() && (waiters.front()->exclusive ? *lock == 0 : *lock != kExclusive)) {
    chosen.push_back(waiters.front());
    waiters.pop_front();
    grant(lock, chosen.back()->exclusive, chosen.back()->thread);
  }
  if (*lock == 0) held().erase(lock);
  for (Waiter* waiter : chosen) KeSetEvent(&waiter->granted, IO_NO_INCREMENT, FALSE);
}

void release(PEX_PUSH_LOCK lock, bool exclusive) {
  check(lock, 0xEB, "a push lock was released with normal kernel APCs enabled");
  const bool as_acquired = *lock != 0 && (*lock == kExclusive) == exclusive;
  verify(as_acquired, *lock == 0 ? 0x1007 : 0x1009, value_of(lock), exclusive, 0, "PushLockRelease",
         "a push lock was released that is not held, or not in this way");
  if (!as_acquired) return;
  verify(!exclusive || held()[lock].owner == current_thread(), 0x1004, value_of(lock), 0, current_thread()->id,
         "DeadlockWrongThread", "a push lock was released by a thread that does not hold it");
  *lock = exclusive ? 0 : *lock - 1;
  hand_on(lock);
}
}  // namespace

extern "C" {

VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock) {
  *PushLock = 0;
  held().erase(PushLock);
}
VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
  UNREFERENCED_PARAMETER(Flags);
  acquire(PushLock, true);
}
VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
  UNREFERENCED_PARAMETER(Flags);
  acquire(PushLock, false);
}
BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
  UNREFERENCED_PARAMETER(Flags);
  return try_acquire(PushLock, true);
}
BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
  UNREFERENCED_PARAMETER(Flags);
  return try_acquire(PushLock, false);
}
VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
  UNREFERENCED_PARAMETER(Flags);
  release(PushLock, true);
}
VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
  UNREFERENCED_PARAMETER(Flags);
  release(PushLock, false);
}

}  // extern "C"
