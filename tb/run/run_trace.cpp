// The Verilated model's headers come before SystemC's.
#include "tb/run/watched_machine.h"

#include "tb/run/run_trace.h"

#include <algorithm>

#include "tb/output/gtkwave_save.h"
#include "tb/output/live_view.h"

namespace p2p::tb {

namespace {
constexpr const char* kWaveform = "trace.fst";
constexpr const char* kView = "trace.gtkw";
// By then a first part of the waveform has been written out, and what the driver has begun with is known.
constexpr std::uint64_t kFirstViewCycle = 40'000;
}  // namespace

void RunTrace::configure(const RunOptions& options, const OutputFolder& folder, sim::MachineConfig* config) {
  if (options.live) check_live_view();
  config->trace_control = options.trace == "control";
  if (options.trace == "full" || config->trace_control) config->trace_file = folder.path(kWaveform);
  config->traceable = options.trace == "window" || options.trace_cycles;
}

RunTrace::RunTrace(WatchedMachine& watched, const RunOptions& options, const OutputFolder& folder,
                   const std::string& program, EventLog& log, Scoreboard& scoreboard)
    : machine_(watched.machine()), folder_(folder), live_(options.live) {
  if (machine_.wave_signals() == nullptr) return;
  software_.emplace(watched, options, program, log, scoreboard);
  if (!machine_.config().trace_file.empty())
    machine_.call_at(kFirstViewCycle * machine_.config().bus_period_ps, [this] { write_first_view(); });
  if (options.trace_cycles) trace_cycles(*options.trace_cycles);
  if (options.trace != "window") return;
  const sim::MachineConfig& config = machine_.config();
  const TraceWindow::Settings settings{.before_ps = options.trace_before * config.bus_period_ps,
                                       .after_ps = options.trace_after * config.bus_period_ps,
                                       .snapshot_ps = options.snapshot_cycles * config.bus_period_ps};
  window_.emplace(
      machine_, folder.path(kWaveform), settings, [this] { software_->begun(); },
      [&watched] { watched.model().catch_up(); });
  scoreboard.on_recorded = [this, told = scoreboard.on_recorded](std::uint64_t frame) {
    told(frame);
    window_->alive();
  };
  window_->on_crash = [this](int signal) { on_crash(signal); };
  log.add_listener(&*window_);
  software_->on_violation = [this, &config](const Violation& violation) {
    window_->failed(violation.time_ps(config.bus_period_ps, config.pixel_period_ps));
  };
}

void RunTrace::trace_cycles(const CycleSpan& cycles) {
  cycles_ = cycles;
  machine_.call_at(cycles.from * machine_.config().bus_period_ps, [this] {
    machine_.begin_trace(folder_.path(kWaveform));
    software_->begun();
    begun_ = true;
    if (!cycles_->to) return;
    machine_.call_at((*cycles_->to + 1) * machine_.config().bus_period_ps, [this] { machine_.end_trace(); });
  });
}

void RunTrace::finish_cycles(RunResult* result) const {
  const std::uint64_t cycle_ps = machine_.config().bus_period_ps, end_ps = machine_.now_ps();
  if (!begun_) {
    result->failures.push_back("--from " + std::to_string(cycles_->from) + ": the run ended at bus cycle " +
                               std::to_string(end_ps / cycle_ps));
    return;
  }
  if (cycles_->from == 0 && !cycles_->to) return;  // the whole run
  const std::uint64_t to_ps = cycles_->to ? std::min(*cycles_->to * cycle_ps, end_ps) : end_ps;
  result->traced = {cycles_->from * cycle_ps, to_ps, {}, cycle_ps};
}

/// The view of a run that has come so far and goes on: for who looks at it now, or at what a kill has left.
void RunTrace::write_first_view() {
  RunResult so_far;
  so_far.bus_period_ps = machine_.config().bus_period_ps;
  so_far.traced = {0, machine_.now_ps(), {}, so_far.bus_period_ps};
  WaveUse use = this->use();
  use.frame_lanes = SoftwareWave::Sizes{}.frame_lanes;  // those to come, too
  folder_.write(kView, gtkwave_save_file(so_far, use));
  if (!live_) return;
  open_live_view(folder_.path(""));
  live_ = false;
}

WaveUse RunTrace::use() const {
  WaveUse use = software_->use();
  use.wide_data = !machine_.config().trace_control;
  return use;
}

void RunTrace::failed() {
  if (window_) window_->failed(machine_.now_ps());
}

void RunTrace::stalled() {
  if (window_) window_->stalled();
}

void RunTrace::simulation_ended(bool interrupted) {
  if (!window_) return;
  window_->simulation_ended();
  // What failed when it was running has been told. A run that came to no end has its reason before that, whatever the
  // scoreboard misses now.
  if (interrupted) {
    window_->interrupted();
  } else if (machine_.stop_reason() == sim::kTimeLimitReached) {
    window_->stalled();
  }
}

void RunTrace::finish(RunResult* result) {
  if (!software_) return;
  bool waveform = !cycles_ || begun_;
  if (cycles_) finish_cycles(result);
  if (window_) {
    std::string trouble;
    result->traced = window_->finish(!result->clean(), &trouble);
    result->snapshot_peak_bytes = window_->snapshot_peak_bytes();
    if (!trouble.empty()) result->failures.push_back("no waveform of the failure: " + trouble);
    waveform = result->traced.has_value();
  }
  if (waveform) folder_.write(kView, gtkwave_save_file(*result, use()));
  software_.reset();
  machine_.close_trace();
  if (live_) open_live_view(folder_.path(""));  // a short run
}

}  // namespace p2p::tb
