// The Verilated model's headers come before SystemC's.
#include "tb/run/watched_machine.h"

#include "tb/run/run_trace.h"

#include "tb/output/gtkwave_save.h"

namespace p2p::tb {

namespace {
constexpr const char* kWaveform = "trace.fst";
}

void RunTrace::configure(const RunOptions& options, const OutputFolder& folder, sim::MachineConfig* config) {
  if (options.trace == "full") config->trace_file = folder.path(kWaveform);
  config->traceable = options.trace == "window";
}

RunTrace::RunTrace(WatchedMachine& watched, const RunOptions& options, const OutputFolder& folder,
                   const std::string& program, EventLog& log, Scoreboard& scoreboard)
    : machine_(watched.machine()), folder_(folder) {
  if (machine_.wave_signals() == nullptr) return;
  software_.emplace(watched, options, program, log, scoreboard);
  if (options.trace != "window") return;
  const sim::MachineConfig& config = machine_.config();
  const TraceWindow::Settings settings{.before_ps = options.trace_before * config.bus_period_ps,
                                       .after_ps = options.trace_after * config.bus_period_ps,
                                       .snapshot_ps = options.snapshot_cycles * config.bus_period_ps};
  window_.emplace(machine_, folder.path(kWaveform), settings, [this] { software_->begun(); });
  log.add_listener(&*window_);
  software_->on_violation = [this, &config](const Violation& violation) {
    window_->failed(violation.cycle * (violation.clock == "pixel" ? config.pixel_period_ps : config.bus_period_ps));
  };
}

void RunTrace::failed() {
  if (window_) window_->failed(machine_.now_ps());
}

void RunTrace::stalled() {
  if (window_) window_->stalled();
}

void RunTrace::simulation_ended() {
  if (window_) window_->simulation_ended();
}

void RunTrace::finish(RunResult* result) {
  if (!software_) return;
  bool waveform = true;
  if (window_) {
    std::string trouble;
    result->traced = window_->finish(!result->clean(), &trouble);
    result->snapshot_peak_bytes = window_->snapshot_peak_bytes();
    if (!trouble.empty()) result->failures.push_back("no waveform of the failure: " + trouble);
    waveform = result->traced.has_value();
  }
  if (waveform) folder_.write("trace.gtkw", gtkwave_save_file(*result, software_->use()));
  software_.reset();
  machine_.close_trace();
}

}  // namespace p2p::tb
