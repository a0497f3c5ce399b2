// What every part of ntos needs to know of the run: the hardware, the configuration, the counters, the bug check.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ntos/kernel.h"
#include "sim/hardware.h"
#include "sim/trace_sink.h"

namespace p2p::ke {

struct MachineState {
  Hardware* hardware = nullptr;
  ntos::KernelConfig config;
  ntos::KernelCounters counters;
  bool bugchecked = false;
  ntos::BugCheck bugcheck;
  std::uint64_t next_thread_id = 1, next_irp_id = 1, next_file_id = 1, next_dpc_id = 1;
};
MachineState& state();

inline Hardware& hardware() { return *state().hardware; }
inline const ntos::CostModel& cost() { return state().config.cost; }
/// Simulated time since boot in 100 ns units.
inline std::int64_t now_100ns() { return static_cast<std::int64_t>(hardware().now_ps() / 100000); }

/// What a bug check does to the machine, for callers that are no simulated thread; the first one counts.
void stop_machine(const ntos::BugCheck& bugcheck);
/// As ntos::bug_check, with a report that holds code, parameters, rule, message and call stacks; adds where it
/// happened.
[[noreturn]] void raise_bug_check(ntos::BugCheck report);

inline void trace(std::string_view event, std::initializer_list<TraceField> fields) {
  trace_sink().event("ntos", event, fields);
}

}  // namespace p2p::ke
