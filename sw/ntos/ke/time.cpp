// What reads simulated time. System time counts from power-on: a run has no calendar date.
#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ke/machine.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
constexpr LONGLONG kTick100ns = 156250;  // 15.625 ms, Windows' default clock interval
}

extern "C" {

VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = now_100ns(); }

VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = now_100ns(); }

ULONGLONG NTAPI KeQueryInterruptTime(VOID) { return static_cast<ULONGLONG>(now_100ns()); }

ULONGLONG NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp) {
  if (QpcTimeStamp != nullptr) *QpcTimeStamp = static_cast<ULONG64>(now_100ns());
  return static_cast<ULONGLONG>(now_100ns());
}

ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID) { return static_cast<ULONGLONG>(now_100ns()); }

VOID NTAPI KeQueryTickCount(PLARGE_INTEGER CurrentCount) { CurrentCount->QuadPart = now_100ns() / kTick100ns; }

ULONG NTAPI KeQueryTimeIncrement(VOID) { return static_cast<ULONG>(kTick100ns); }

// 10 MHz, as on current Windows.
LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
  if (PerformanceFrequency != nullptr) PerformanceFrequency->QuadPart = 10000000;
  LARGE_INTEGER now;
  now.QuadPart = now_100ns();
  return now;
}

VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds) { charge_ns(std::uint64_t{MicroSeconds} * 1000); }

// The machine's time zone is UTC.
VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) { *LocalTime = *SystemTime; }
VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) { *SystemTime = *LocalTime; }

ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution) {
  UNREFERENCED_PARAMETER(DesiredTime);
  UNREFERENCED_PARAMETER(SetResolution);
  return 1;  // timers here are exact to 100 ns already
}

}  // extern "C"
