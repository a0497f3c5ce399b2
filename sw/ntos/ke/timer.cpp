// Kernel timers (R-TMR-1 to R-TMR-5).
#include "sw/ntos/ke/irql.h"

#include <map>
#include <memory>

#include "sw/ntos/ke/dpc.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ke {

namespace {
// A set KTIMER's alarm, by the timer's address. Walked only to find what lies inside a block.
std::map<std::uintptr_t, std::unique_ptr<Alarm>>& timer_alarms() {
  static auto* const alarms = new std::map<std::uintptr_t, std::unique_ptr<Alarm>>;
  return *alarms;
}
std::uintptr_t key_of(const KTIMER* timer) { return reinterpret_cast<std::uintptr_t>(timer); }

void expire(PKTIMER timer) {
  // R-TMR-2: removed (periodic: inserted again), signalled, then its DPC is queued.
  if (timer->Period != 0) {
    Alarm* alarm = timer_alarms()[key_of(timer)].get();
    alarm->due += static_cast<std::int64_t>(timer->Period) * 10000;
    timer->DueTime.QuadPart = static_cast<ULONGLONG>(alarm->due);
    set_alarm(alarm);
  } else {
    timer->Header.Inserted = FALSE;
  }
  timer->Header.SignalState = 1;
  object_signalled(&timer->Header);
  if (timer->Dpc != nullptr) queue_dpc(timer->Dpc, nullptr, nullptr);
}

/// True if the timer was in the queue. Cancels also a DPC it has queued.
bool cancel(PKTIMER timer) {
  auto found = timer_alarms().find(key_of(timer));
  bool was_set = false;
  if (found != timer_alarms().end()) {
    was_set = cancel_alarm(found->second.get());
    if (was_set) timer_alarms().erase(found);
  }
  timer->Header.Inserted = FALSE;
  // A DPC object that is not queued may be gone.
  if (timer->Dpc != nullptr && queued_dpc_in(timer->Dpc, 1) == timer->Dpc) KeRemoveQueueDpc(timer->Dpc);
  return was_set;
}

void check(const KTIMER* timer) {
  const UCHAR type = timer->Header.Type;
  if (type != kNotificationTimer && type != kSynchronizationTimer) {
    ntos::bug_check(0xC7, 0, value_of(timer), 0, 0, "TIMER_OR_DPC_INVALID", "a timer that was never initialised");
  }
}

/// The DPC of an active timer that `wanted` says true of. Which one of several shows only as an address.
template <class Wanted>
const KDPC* first_dpc(Wanted wanted) {
  for (const auto& [address, alarm] : timer_alarms()) {
    const KDPC* dpc = alarm->set ? reinterpret_cast<const KTIMER*>(address)->Dpc : nullptr;
    if (dpc != nullptr && wanted(dpc)) return dpc;
  }
  return nullptr;
}
}  // namespace

const KTIMER* active_timer_in(const void* base, std::size_t bytes) {
  auto found = timer_alarms().lower_bound(reinterpret_cast<std::uintptr_t>(base));
  for (; found != timer_alarms().end() && found->first - reinterpret_cast<std::uintptr_t>(base) < bytes; ++found) {
    if (found->second->set) return reinterpret_cast<const KTIMER*>(found->first);
  }
  return nullptr;
}

const KDPC* timer_dpc_in(const void* base, std::size_t bytes) {
  return first_dpc([=](const KDPC* dpc) { return value_of(dpc) - value_of(base) < bytes; });
}

const void* timer_routine_in(const void* base, std::size_t bytes) {
  const KDPC* dpc = first_dpc([=](const KDPC* d) { return value_of(d->DeferredRoutine) - value_of(base) < bytes; });
  return dpc != nullptr ? reinterpret_cast<const void*>(value_of(dpc->DeferredRoutine)) : nullptr;
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

extern "C" {

VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
  *Timer = {};
  initialize_header(&Timer->Header, Type == NotificationTimer ? kNotificationTimer : kSynchronizationTimer, 0);
}

VOID NTAPI KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer) {
  check(Timer);
  return cancel(Timer);  // R-TMR-3
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
  check(Timer);
  const BOOLEAN was_set = cancel(Timer);  // R-TMR-1
  Timer->Header.SignalState = 0;
  Timer->Header.Inserted = TRUE;
  Timer->Dpc = Dpc;
  Timer->Period = Period > 0 ? static_cast<ULONG>(Period) : 0;
  auto& alarm = timer_alarms()[key_of(Timer)];
  if (alarm == nullptr) alarm = std::make_unique<Alarm>();
  alarm->due = due_time(DueTime);
  Timer->DueTime.QuadPart = static_cast<ULONGLONG>(alarm->due);
  alarm->expired = [Timer] { expire(Timer); };
  set_alarm(alarm.get());
  return was_set;
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) {
  return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

// The tolerance allows lateness, it does not ask for it.
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay,
                                    PKDPC Dpc) {
  UNREFERENCED_PARAMETER(TolerableDelay);
  return KeSetTimerEx(Timer, DueTime, static_cast<LONG>(Period), Dpc);
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer) {
  check(Timer);
  return Timer->Header.SignalState != 0;
}

}  // extern "C"
