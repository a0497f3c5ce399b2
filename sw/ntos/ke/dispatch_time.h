// The DPC watchdog: how long a processor stays in an ISR, a DPC routine or under a spin lock.
#pragma once

#include "sw/ntos/ke/cpu.h"

namespace p2p::ke {

/// Called where simulated time has passed on `cpu`. Bug check 0x133: parameter 1 is 0 for an ISR or DPC routine that
/// has run longer than KernelConfig::dispatch_limit_us, 1 for a spin lock held longer; 2 the time, 3 the limit, both in
/// us.
void check_dispatch_time(const Cpu& cpu);

/// While it lives, `cpu` runs an ISR or a DPC routine.
class RoutineTime {
 public:
  RoutineTime(Cpu& cpu, Routine routine);
  ~RoutineTime() { cpu_.routine = outer_; }
  RoutineTime(const RoutineTime&) = delete;
  RoutineTime& operator=(const RoutineTime&) = delete;

 private:
  Cpu& cpu_;
  RunningRoutine outer_;  // what it interrupted
};

}  // namespace p2p::ke
