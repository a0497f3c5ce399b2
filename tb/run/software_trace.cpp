// The Verilated model's headers come before SystemC's.
#include "tb/run/watched_machine.h"

#include "tb/run/software_trace.h"

#include "ntos/cpu_watch.h"
#include "tb/model/registers.h"
#include "tb/output/call_stack_text.h"

namespace p2p::tb {

namespace {
constexpr unsigned kOtherIrps = 16, kOtherMappings = 8;  // beside those of the application's buffers

SoftwareWave::Sizes sizes_for(const RunOptions& options) {
  return {.cpus = options.kernel.cpus,
          .irp_lanes = options.buffers + kOtherIrps,
          .dma_lanes = options.buffers + kOtherMappings};
}

/// "void f(int)" to "void f".
std::string without_parameters(const std::string& function) {
  if (function.empty() || function.back() != ')') return function;
  std::size_t at = function.size();
  for (int depth = 0; at > 0;) {
    const char c = function[--at];
    depth += c == ')' ? 1 : c == '(' ? -1 : 0;
    if (depth == 0) break;
  }
  return function.substr(0, at);
}

/// As a call stack would show it.
CpuSignals::Namer namer(const std::string& program) {
  return [program](const ntos::CallFrame& where) {
    return without_parameters(call_sites({where}, program).front().function);
  };
}
}  // namespace

SoftwareTrace::SoftwareTrace(WatchedMachine& watched, const RunOptions& options, const std::string& program,
                             EventLog& log, Scoreboard& scoreboard)
    : machine_(watched.machine()),
      wave_(*watched.machine().wave_signals(), sizes_for(options), namer(program), model::register_name) {
  log.add_listener(&wave_);
  machine_.set_bus_listener(&wave_.bus());
  ntos::set_cpu_watch(&wave_.cpus());
  scoreboard.on_recorded = [this](std::uint64_t frame) { wave_.frames().recorded(frame); };
  scoreboard.on_delivered = [this](std::uint64_t frame) { wave_.frames().delivered(frame); };
  const auto listen = [this](const auto&, ViolationLog& violations) {
    violations.set_listener([this](const Violation& violation) {
      wave_.violated(violation);
      if (on_violation) on_violation(violation);
    });
  };
  watched.checks().each_checker(listen);
  listen(watched.model().rules, watched.model().violations);
  listen(scoreboard.rules, scoreboard.violations);
}

SoftwareTrace::~SoftwareTrace() {
  ntos::set_cpu_watch(nullptr);
  machine_.set_bus_listener(nullptr);
}

}  // namespace p2p::tb
