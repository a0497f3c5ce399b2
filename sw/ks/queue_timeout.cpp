// Time-outs of stream pointers (R-SP-12).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

void Queue::schedule(StreamPointer& pointer, PFNKSSTREAMPOINTER timeout, ULONGLONG interval) {
  pointer.timeout = timeout;
  pointer.due = KeQueryInterruptTime() + interval;
  if (timeout != nullptr) set_timer();
}

/// Sets the timer to the earliest time-out. Before RUN nothing fires; what is overdue then fires at once, in due order.
void Queue::set_timer() {
  if (pin_.pub.DeviceState != KSSTATE_RUN) return;
  const StreamPointer* first = nullptr;
  for (const auto& entry : clones_) {
    if (entry->timeout != nullptr && (first == nullptr || entry->due < first->due)) first = entry.get();
  }
  for (const StreamPointer* edge : {&leading_, &trailing_}) {
    if (edge->timeout != nullptr && (first == nullptr || edge->due < first->due)) first = edge;
  }
  if (first == nullptr) return;
  const ULONGLONG now = KeQueryInterruptTime();
  LARGE_INTEGER due;
  due.QuadPart = first->due > now ? -static_cast<LONGLONG>(first->due - now) : -1;
  timer_used_ = true;
  KeSetTimer(&timer_, due, &timer_dpc_);
}

void Queue::start_timeouts() {
  Guard guard(*this);
  set_timer();
}

void Queue::run_timeouts() {
  for (;;) {
    StreamPointer* pointer = nullptr;
    PFNKSSTREAMPOINTER callback = nullptr;
    {
      Guard guard(*this);
      if (!open_ || pin_.pub.DeviceState != KSSTATE_RUN) return;
      const ULONGLONG now = KeQueryInterruptTime();
      const auto consider = [&](StreamPointer& candidate) {
        if (candidate.timeout == nullptr || candidate.due > now) return;
        if (pointer == nullptr || candidate.due < pointer->due) pointer = &candidate;
      };
      consider(leading_);
      consider(trailing_);
      for (const auto& entry : clones_) consider(*entry);
      if (pointer == nullptr) {
        set_timer();
        return;
      }
      callback = pointer->timeout;
      pointer->timeout = nullptr;
    }
    callback(&pointer->pub);  // may delete its pointer
  }
}

VOID NTAPI Queue::timer_dpc(PKDPC dpc, PVOID context, PVOID, PVOID) {
  UNREFERENCED_PARAMETER(dpc);
  static_cast<Queue*>(context)->run_timeouts();
}

}  // namespace p2p::ks
