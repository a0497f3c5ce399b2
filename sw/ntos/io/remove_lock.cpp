// Remove locks: a device is not removed while somebody is at it. What checked builds of Windows assert is checked
// here under the Verifier, for locks of either size.
#include "sw/ntos/io/verify.h"

#include <algorithm>
#include <map>
#include <vector>

#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"

using namespace p2p;

namespace {
struct Holder {
  PVOID tag;
  std::int64_t since;  // 100 ns since boot
};
struct Tracking {
  ULONG max_minutes = 0, high_watermark = 0;  // 0: no limit
  std::vector<Holder> holders;
};
// By address, looked up only; initialising a lock again, in new memory, starts afresh.
std::map<PIO_REMOVE_LOCK, Tracking>& locks() {
  static auto* const all = new std::map<PIO_REMOVE_LOCK, Tracking>;
  return *all;
}

void check(bool holds, PIO_REMOVE_LOCK lock, const char* message) {
  if (holds || !ntos::verifier_enabled()) return;
  ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_ASSERTION_FAILURE), ke::value_of(lock), 0, 0, "RemoveLockCheck",
                  message);
}

Tracking& tracking_of(PIO_REMOVE_LOCK lock) {
  check(locks().contains(lock), lock, "a remove lock was used that is not initialised");
  return locks()[lock];
}

/// Is it initialised, in memory that has not been freed since?
bool alive(PIO_REMOVE_LOCK lock) {
  const DISPATCHER_HEADER& event = lock->Common.RemoveEvent.Header;  // nobody waits: its list is empty
  return locks().contains(lock) && event.WaitListHead.Flink == &event.WaitListHead;
}

/// `sub_code` tells which routine gave back what its caller had not acquired.
void drop(PIO_REMOVE_LOCK lock, PVOID tag, std::uint64_t sub_code) {
  Tracking& tracking = tracking_of(lock);
  auto holder =
      std::find_if(tracking.holders.begin(), tracking.holders.end(), [tag](const Holder& h) { return h.tag == tag; });
  if (holder == tracking.holders.end()) {
    const PVOID previous = tracking.holders.empty() ? nullptr : tracking.holders.back().tag;
    ke::verify(false, sub_code, ke::value_of(lock), ke::value_of(tag), ke::value_of(previous), "RemoveLockRelease",
               "a remove lock was released with a tag it was not acquired with");
    return;
  }
  const std::int64_t minutes = (ke::now_100ns() - holder->since) / 600'000'000;
  check(tracking.max_minutes == 0 || minutes < tracking.max_minutes, lock,
        "a remove lock was held longer than its MaxLockedMinutes");
  tracking.holders.erase(holder);
}
}  // namespace

extern "C" {

VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                                    ULONG HighWatermark, ULONG RemlockSize) {
  UNREFERENCED_PARAMETER(AllocateTag);
  UNREFERENCED_PARAMETER(RemlockSize);  // larger in a checked driver; what it has more is not used
  ke::verify(!alive(Lock), 0xD7, ke::value_of(Lock), 0, 0, "RemoveLock",
             "a remove lock was initialised again: others may still use it, even after IoReleaseRemoveLockAndWait");
  Lock->Common.Removed = FALSE;
  Lock->Common.IoCount = 1;
  KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
  locks()[Lock] = {MaxLockedMinutes, HighWatermark, {}};
}

NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line, ULONG RemlockSize) {
  UNREFERENCED_PARAMETER(File);
  UNREFERENCED_PARAMETER(Line);
  UNREFERENCED_PARAMETER(RemlockSize);
  Tracking& tracking = tracking_of(RemoveLock);
  InterlockedIncrement(&RemoveLock->Common.IoCount);
  if (RemoveLock->Common.Removed) {
    if (InterlockedDecrement(&RemoveLock->Common.IoCount) == 0) KeSetEvent(&RemoveLock->Common.RemoveEvent, 0, FALSE);
    return STATUS_DELETE_PENDING;
  }
  tracking.holders.push_back({Tag, ke::now_100ns()});
  check(tracking.high_watermark == 0 || tracking.holders.size() <= tracking.high_watermark, RemoveLock,
        "a remove lock was acquired more often at a time than its HighWatermark");
  return STATUS_SUCCESS;
}

VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize) {
  UNREFERENCED_PARAMETER(RemlockSize);
  drop(RemoveLock, Tag, 0xD5);
  if (InterlockedDecrement(&RemoveLock->Common.IoCount) == 0) {
    check(RemoveLock->Common.Removed != FALSE, RemoveLock, "a remove lock was released more often than acquired");
    KeSetEvent(&RemoveLock->Common.RemoveEvent, 0, FALSE);
  }
}

// Gives back the caller's own acquisition, lets nobody in any more and waits for the others.
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize) {
  UNREFERENCED_PARAMETER(RemlockSize);
  check(RemoveLock->Common.Removed == FALSE, RemoveLock, "IoReleaseRemoveLockAndWait was called twice");
  drop(RemoveLock, Tag, 0xD6);
  RemoveLock->Common.Removed = TRUE;
  InterlockedDecrement(&RemoveLock->Common.IoCount);
  if (InterlockedDecrement(&RemoveLock->Common.IoCount) > 0) {
    KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, nullptr);
  }
}

}  // extern "C"
