// Events and semaphores.
#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ex/pool.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ke/schedule.h"

namespace p2p::ke {

void initialize_header(PDISPATCHER_HEADER header, UCHAR type, LONG signal_state) {
  verify(!ex::pool_is_paged(header), 0xE1, value_of(header), 0, 0, "SynchronizationObjectPageable",
         "an object to wait for lies in paged pool");
  *header = {};
  header->Type = type;
  header->SignalState = signal_state;
  InitializeListHead(&header->WaitListHead);
}

namespace {
/// Wait = TRUE: IRQL stays at DISPATCH_LEVEL until the wait that must follow (R-EVT-2).
class SignalAndMaybeWait {
 public:
  SignalAndMaybeWait(BOOLEAN wait, const void* object, const char* message) : wait_(wait != FALSE) {
    if (!wait_) return;
    verify_irql_at_most(APC_LEVEL, 0x20016, object, "IrqlKeSetEvent", message);
    Thread* self = current_thread();
    self->wait_next = true;
    self->wait_next_irql = current_cpu().irql;
    current_cpu().irql = DISPATCH_LEVEL;
  }
  ~SignalAndMaybeWait() {
    if (!wait_) preemption_point();
  }
  SignalAndMaybeWait(const SignalAndMaybeWait&) = delete;
  SignalAndMaybeWait& operator=(const SignalAndMaybeWait&) = delete;

 private:
  bool wait_;
};
}  // namespace

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

extern "C" {

VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
  initialize_header(&Event->Header, Type == NotificationEvent ? kNotificationEvent : kSynchronizationEvent,
                    State ? 1 : 0);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
  schedule_point();
  SignalAndMaybeWait then(Wait, Event, "KeSetEvent with Wait = TRUE above APC_LEVEL");
  const LONG previous = Event->Header.SignalState;
  Event->Header.SignalState = 1;
  object_signalled(&Event->Header, Increment);
  return previous;
}

LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
  SignalAndMaybeWait then(Wait, Event, "KePulseEvent with Wait = TRUE above APC_LEVEL");
  const LONG previous = Event->Header.SignalState;
  Event->Header.SignalState = 1;
  object_signalled(&Event->Header, Increment);
  Event->Header.SignalState = 0;
  return previous;
}

LONG NTAPI KeResetEvent(PRKEVENT Event) {
  schedule_point();
  const LONG previous = Event->Header.SignalState;
  Event->Header.SignalState = 0;
  return previous;
}

VOID NTAPI KeClearEvent(PRKEVENT Event) {
  schedule_point();
  Event->Header.SignalState = 0;
}

LONG NTAPI KeReadStateEvent(PRKEVENT Event) {
  schedule_point();
  return Event->Header.SignalState;
}

VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) {
  initialize_header(&Semaphore->Header, kSemaphore, Count);
  Semaphore->Limit = Limit;
}

LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) {
  const LONG previous = Semaphore->Header.SignalState;
  if (Adjustment <= 0 || previous > Semaphore->Limit - Adjustment) {
    ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_SEMAPHORE_LIMIT_EXCEEDED), 0, 0, 0, "KMODE_EXCEPTION_NOT_HANDLED",
                    "KeReleaseSemaphore beyond the limit raises STATUS_SEMAPHORE_LIMIT_EXCEEDED");
  }
  SignalAndMaybeWait then(Wait, Semaphore, "KeReleaseSemaphore with Wait = TRUE above APC_LEVEL");
  Semaphore->Header.SignalState = previous + Adjustment;
  object_signalled(&Semaphore->Header, Increment);
  return previous;
}

LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore) { return Semaphore->Header.SignalState; }

}  // extern "C"
