#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ke/dispatch_time.h"

#include <string>

#include "sw/ntos/ke/machine.h"

namespace p2p::ke {

namespace {
constexpr std::uint64_t kPsPerUs = 1'000'000;

void check(std::uint64_t since_ps, std::uint64_t code, std::uint64_t object, const char* what) {
  const std::uint64_t limit_us = state().config.dispatch_limit_us;
  const std::uint64_t us = (hardware().now_ps() - since_ps) / kPsPerUs;
  if (us <= limit_us) return;
  ntos::bug_check(0x133, code, us, limit_us, object, "DPC_WATCHDOG_VIOLATION",
                  std::string(what) + " for " + std::to_string(us) + " us of simulated time, limit " +
                      std::to_string(limit_us) + " us");
}
}  // namespace

void check_dispatch_time(const Cpu& cpu) {
  if (state().config.dispatch_limit_us == 0 || state().bugchecked) return;
  switch (cpu.routine.kind) {
    case Routine::kNone:
      break;
    case Routine::kIsr:
      check(cpu.routine.since_ps, 0, 0, "an interrupt service routine has run");
      break;
    case Routine::kDpc:
      check(cpu.routine.since_ps, 0, 0, "a DPC routine, with what interrupted it, has run");
      break;
  }
  if (!cpu.locks.empty()) {
    check(cpu.locks.front().since_ps, 1, value_of(cpu.locks.front().lock), "a spin lock has been held");
  }
}

RoutineTime::RoutineTime(Cpu& cpu, Routine routine) : cpu_(cpu), outer_(cpu.routine) {
  cpu.routine = {routine, hardware().now_ps()};
}

}  // namespace p2p::ke
