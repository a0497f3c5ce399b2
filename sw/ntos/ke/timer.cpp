// The clock: alarms, kernel timers, and what reads simulated time.
#include "sw/ntos/ke/irql.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/boot.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/dpc.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ke {

namespace {
struct Earlier {
  bool operator()(const Alarm* a, const Alarm* b) const {
    return std::pair(a->due, a->order) < std::pair(b->due, b->order);
  }
};
struct Clock {
  std::set<Alarm*, Earlier> alarms;
  FiberEvent changed;
  std::uint64_t next_order = 1;
};
std::unique_ptr<Clock> g_clock;

/// Sleeps until the earliest alarm; without alarms it schedules nothing at all.
void clock_loop() {
  for (;;) {
    while (!g_clock->alarms.empty() && (*g_clock->alarms.begin())->due <= now_100ns()) {
      Alarm* alarm = *g_clock->alarms.begin();
      g_clock->alarms.erase(g_clock->alarms.begin());
      alarm->set = false;
      alarm->expired();
    }
    if (g_clock->alarms.empty()) {
      fiber_wait(g_clock->changed);
    } else {
      const auto due_ps = static_cast<std::uint64_t>((*g_clock->alarms.begin())->due) * 100000;
      fiber_wait_for(g_clock->changed, due_ps - hardware().now_ps());
    }
  }
}

// A KTIMER's alarm lives here, keyed by the timer's address; removed when the timer is neither set nor periodic.
std::map<PKTIMER, std::unique_ptr<Alarm>>& timer_alarms() {
  static std::map<PKTIMER, std::unique_ptr<Alarm>> alarms;
  return alarms;
}

void expire(PKTIMER timer) {
  // R-TMR-2: removed (periodic: inserted again), signalled, then its DPC is queued.
  timer->Header.Inserted = FALSE;
  if (timer->Period != 0) {
    Alarm* alarm = timer_alarms()[timer].get();
    alarm->due += static_cast<std::int64_t>(timer->Period) * 10000;
    timer->Header.Inserted = TRUE;
    set_alarm(alarm);
  }
  timer->Header.SignalState = 1;
  object_signalled(&timer->Header);
  if (timer->Dpc != nullptr) queue_dpc(timer->Dpc, nullptr, nullptr);
}
}  // namespace

void start_timers() {
  g_clock = std::make_unique<Clock>();
  fiber_spawn("clock", clock_loop);
}

std::int64_t due_time(LARGE_INTEGER time) { return time.QuadPart < 0 ? now_100ns() - time.QuadPart : time.QuadPart; }

void set_alarm(Alarm* alarm) {
  alarm->order = g_clock->next_order++;
  alarm->set = true;
  g_clock->alarms.insert(alarm);
  g_clock->changed.notify();
}

bool cancel_alarm(Alarm* alarm) {
  if (!alarm->set) return false;
  g_clock->alarms.erase(alarm);
  alarm->set = false;
  return true;
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

extern "C" {

VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
  *Timer = {};
  Timer->Header.Type = Type == NotificationTimer ? kNotificationTimer : kSynchronizationTimer;
  InitializeListHead(&Timer->Header.WaitListHead);
}

VOID NTAPI KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer) {
  auto found = timer_alarms().find(Timer);
  const bool was_set = found != timer_alarms().end() && cancel_alarm(found->second.get());
  if (found != timer_alarms().end()) timer_alarms().erase(found);
  Timer->Header.Inserted = FALSE;
  if (Timer->Dpc != nullptr) KeRemoveQueueDpc(Timer->Dpc);  // R-TMR-3
  return was_set;
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
  if (current_cpu().irql > DISPATCH_LEVEL) {
    ntos::bug_check(0xC4, 0x20011, current_cpu().irql, 0, 0, "IrqlKeDispatchLte", "KeSetTimer above DISPATCH_LEVEL");
  }
  const BOOLEAN was_set = KeCancelTimer(Timer);  // R-TMR-1
  Timer->Header.SignalState = 0;
  Timer->Header.Inserted = TRUE;
  Timer->Dpc = Dpc;
  Timer->Period = static_cast<ULONG>(Period);
  auto alarm = std::make_unique<Alarm>();
  alarm->due = due_time(DueTime);
  Timer->DueTime.QuadPart = static_cast<ULONGLONG>(alarm->due);
  alarm->expired = [Timer] { expire(Timer); };
  set_alarm(alarm.get());
  timer_alarms()[Timer] = std::move(alarm);
  return was_set;
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) {
  return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer) { return Timer->Header.SignalState != 0; }

VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = now_100ns(); }

ULONGLONG NTAPI KeQueryInterruptTime(VOID) { return static_cast<ULONGLONG>(now_100ns()); }

VOID NTAPI KeQueryTickCount(PLARGE_INTEGER CurrentCount) { CurrentCount->QuadPart = now_100ns() / 156250; }

ULONG NTAPI KeQueryTimeIncrement(VOID) { return 156250; }

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
  if (PerformanceFrequency != nullptr) PerformanceFrequency->QuadPart = 10000000;
  LARGE_INTEGER now;
  now.QuadPart = now_100ns();
  return now;
}

VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds) { charge_ns(std::uint64_t{MicroSeconds} * 1000); }

}  // extern "C"
