// Events of a clock: position and interval marks (R-CLK-5).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/clock.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/event_entry.h"

namespace p2p::ks {

namespace {
/// Behind an event entry: when it comes next, and then every how often. Stream time, 100 ns.
struct Mark {
  LONGLONG next;
  LONGLONG interval;  // 0: once
  bool over;
};
Mark& mark_of(PKSEVENT_ENTRY entry) { return *reinterpret_cast<Mark*>(entry + 1); }

NTSTATUS NTAPI add_interval(PIRP irp, PKSEVENTDATA data, PKSEVENT_ENTRY entry) {
  const auto* wanted = reinterpret_cast<const KSEVENT_TIME_INTERVAL*>(data);
  if (wanted->Interval <= 0) return STATUS_INVALID_PARAMETER;
  mark_of(entry) = {wanted->TimeBase, wanted->Interval, false};
  return KsDefaultAddEventHandler(irp, data, entry);
}
NTSTATUS NTAPI add_position(PIRP irp, PKSEVENTDATA data, PKSEVENT_ENTRY entry) {
  mark_of(entry) = {reinterpret_cast<const KSEVENT_TIME_MARK*>(data)->MarkTime, 0, false};
  return KsDefaultAddEventHandler(irp, data, entry);
}

const KSEVENT_ITEM kItems[] = {
    {KSEVENT_CLOCK_INTERVAL_MARK, sizeof(KSEVENT_TIME_INTERVAL), sizeof(Mark), add_interval, nullptr, nullptr},
    {KSEVENT_CLOCK_POSITION_MARK, sizeof(KSEVENT_TIME_MARK), sizeof(Mark), add_position, nullptr, nullptr},
};
const KSEVENT_SET kSet = {&KSEVENTSETID_Clock, SIZEOF_ARRAY(kItems), kItems};

const KSCLOCK_DISPATCH* dispatch_of(const Clock& clock) {
  const KSPIN_DISPATCH* dispatch = clock.pin->pub.Descriptor->Dispatch;
  return dispatch != nullptr ? dispatch->Clock : nullptr;
}

/// Signals what is due and says when the next one is; false: none is left. With the list's lock.
bool run_marks(GuardedList& list, LONGLONG now, LONGLONG* next) {
  bool any = false;
  for (PLIST_ENTRY at = list.head()->Flink; at != list.head();) {
    auto* entry = CONTAINING_RECORD(at, KSEVENT_ENTRY, ListEntry);
    at = at->Flink;
    Mark& mark = mark_of(entry);
    if (mark.over) continue;
    const bool due = mark.next <= now;
    if (due && mark.interval == 0) {
      mark.over = true;
    } else if (due) {
      mark.next += ((now - mark.next) / mark.interval + 1) * mark.interval;
    }
    if (!mark.over && (!any || mark.next < *next)) *next = mark.next;
    any = any || !mark.over;
    if (due) generate_event(entry, 0, nullptr);  // last: a one-shot entry is gone now
  }
  return any;
}

VOID NTAPI mark_dpc(PKDPC dpc, PVOID context, PVOID, PVOID) {
  UNREFERENCED_PARAMETER(dpc);
  set_mark_timer(*static_cast<Clock*>(context));
}

void cancel_timer(Clock& clock) {
  if (!clock.timer_used) return;
  clock.timer_used = false;
  const KSCLOCK_DISPATCH* dispatch = dispatch_of(clock);
  if (dispatch != nullptr && dispatch->CancelTimer != nullptr) {
    dispatch->CancelTimer(&clock.pin->pub, &clock.timer);
  } else {
    KeCancelTimer(&clock.timer);
  }
}

void arm_timer(Clock& clock, GuardedList& list) {
  if (!clock.pin->clock_running) {
    cancel_timer(clock);
    return;
  }
  LONGLONG next = 0;
  const LONGLONG now = pin_stream_time(*clock.pin);
  if (!run_marks(list, now, &next)) return;
  LARGE_INTEGER due;
  due.QuadPart = next > now ? now - next : -1;
  clock.timer_used = true;
  const KSCLOCK_DISPATCH* dispatch = dispatch_of(clock);
  if (dispatch != nullptr && dispatch->SetTimer != nullptr) {
    dispatch->SetTimer(&clock.pin->pub, &clock.timer, due, &clock.dpc);
  } else {
    KeSetTimer(&clock.timer, due, &clock.dpc);
  }
}
}  // namespace

void init_marks(Clock& clock) {
  KeInitializeTimer(&clock.timer);
  KeInitializeDpc(&clock.dpc, mark_dpc, &clock);
}

void end_marks(Clock& clock) {
  GuardedList list(clock.events);
  free_events(clock.file, list);
  list.lock();
  const bool used = clock.timer_used;
  cancel_timer(clock);
  list.unlock();
  if (used) KeFlushQueuedDpcs();
}

NTSTATUS enable_mark(Clock& clock, PIRP irp) {
  const NTSTATUS status = KsEnableEvent(irp, 1, &kSet, &clock.events.head, KSEVENTS_SPINLOCK, &clock.events.lock);
  if (NT_SUCCESS(status)) set_mark_timer(clock);
  return finish_control(irp, status, IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength);
}

/// While stream time stands still, nothing comes due. What the marks say and what the timer is set to go together: both
/// are done with the list's lock, or an older answer could replace a newer one.
void set_mark_timer(Clock& clock) {
  GuardedList list(clock.events);
  list.lock();
  arm_timer(clock, list);
  list.unlock();
}

}  // namespace p2p::ks
