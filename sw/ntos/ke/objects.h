// Kinds of dispatcher objects, and alarms: one-shot calls at a simulated time.
#pragma once

#include "sw/ntos/ddk.h"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace p2p::ke {

// DISPATCHER_HEADER.Type
constexpr UCHAR kNotificationEvent = 0, kSynchronizationEvent = 1, kMutant = 2, kSemaphore = 5, kThread = 6,
                kNotificationTimer = 8, kSynchronizationTimer = 9;
void initialize_header(PDISPATCHER_HEADER header, UCHAR type, LONG signal_state);

/// A call at a simulated time, made from the clock's own process: it must not block.
struct Alarm {
  std::int64_t due = 0;  // 100 ns since boot
  std::function<void()> expired;
  std::uint64_t order = 0;  // ties expire in the order they were set (R-TMR-5)
  bool set = false;
};
void set_alarm(Alarm* alarm);
/// So many milliseconds from now.
void set_alarm_in(Alarm* alarm, std::uint32_t milliseconds, std::function<void()> expired);
/// True if it was still set.
bool cancel_alarm(Alarm* alarm);
/// Windows' due time (negative relative, positive absolute since boot) as absolute time.
std::int64_t due_time(LARGE_INTEGER time);

/// An active timer or a queued DPC inside a block of memory that is being freed; nullptr if there is none.
const KTIMER* active_timer_in(const void* base, std::size_t bytes);
const KDPC* queued_dpc_in(const void* base, std::size_t bytes);
/// The DPC, inside a block of memory, of an active timer anywhere.
const KDPC* timer_dpc_in(const void* base, std::size_t bytes);
/// The routine, inside a block of memory, of a DPC that is queued or waits for an active timer.
const void* pending_routine_in(const void* base, std::size_t bytes);

}  // namespace p2p::ke
