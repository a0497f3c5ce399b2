// Pin clocks and master clocks (R-CLK-1..5). Needs sw/ks/ddk.h before it.
#pragma once

#include "sw/ks/objects.h"

namespace p2p::ks {

/// A clock file: what KSNAME_Clock opens below a pin with KSPIN_FLAG_IMPLEMENT_CLOCK.
struct Clock {
  Pin* pin;
  PFILE_OBJECT file;
  EventList events;  // position and interval marks
  KTIMER timer;
  KDPC dpc;
  bool timer_used = false;
};

/// IRP_MJ_CREATE below a pin; STATUS_NOT_IMPLEMENTED for other things than clocks.
NTSTATUS create_clock(Pin& pin, PFILE_OBJECT file);
void close_clock(Clock* clock);
/// Properties and events of a clock file.
NTSTATUS clock_request(Clock& clock, PIRP irp, ULONG code);

/// 100 ns; any IRQL the pin's own clock allows.
LONGLONG pin_stream_time(const Pin& pin);

// Marks.
void init_marks(Clock& clock);
void end_marks(Clock& clock);
NTSTATUS enable_mark(Clock& clock, PIRP irp);
/// Signals what is due and waits for the next. IRQL <= DISPATCH_LEVEL.
void set_mark_timer(Clock& clock);

/// The pin goes from `from` to `to`: stream time runs in RUN only and begins anew at STOP (R-CLK-4).
void clock_state_changed(Pin& pin, KSSTATE to, KSSTATE from);
/// R-CLK-1: nullptr clears. The control mutex is held.
NTSTATUS set_master_clock(Pin& pin, HANDLE handle, KPROCESSOR_MODE mode);
void release_master_clock(Pin& pin);

}  // namespace p2p::ks
