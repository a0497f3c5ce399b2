// The waveform of a run, as --trace asks for it: none, around the first failure, or whole; of a replay, of the cycles
// it is asked for.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tb/event_log.h"
#include "tb/output/output_folder.h"
#include "tb/run/options.h"
#include "tb/run/result.h"
#include "tb/run/software_trace.h"
#include "tb/run/trace_window.h"
#include "tb/run/watched_machine.h"
#include "tb/scoreboard.h"

namespace p2p::tb {

class RunTrace {
 public:
  /// What the machine has to know before it is made.
  static void configure(const RunOptions& options, const OutputFolder& folder, sim::MachineConfig* config);

  /// Before the kernel boots. `program`: path of the executable.
  RunTrace(WatchedMachine& watched, const RunOptions& options, const OutputFolder& folder, const std::string& program,
           EventLog& log, Scoreboard& scoreboard);

  /// Something beside the checkers' rules has failed now.
  void failed();
  /// The run does not get on.
  void stalled();
  /// This process is about to end by a signal, in whose handler it is: TraceWindow::crashed.
  bool crashed(int signal) { return window_ && window_->crashed(signal); }
  /// Called in the snapshot that goes on in its place, when the run is to end.
  std::function<void(int signal)> on_crash;
  /// Right after the simulation, `interrupted` from outside or not. Does not return in a snapshot that was woken.
  void simulation_ended(bool interrupted);
  /// When all is known that the run has found out: completes trace.fst and trace.gtkw if there are to be any, and says
  /// in `result` what became of them.
  void finish(RunResult* result);

 private:
  sim::Machine& machine_;
  void trace_cycles(const CycleSpan& cycles);
  void finish_cycles(RunResult* result) const;
  void write_first_view();
  WaveUse use() const;

  const OutputFolder& folder_;
  std::optional<CycleSpan> cycles_;
  bool begun_ = false;
  bool live_;  // GTKWave is to be opened yet
  std::optional<SoftwareTrace> software_;
  std::optional<TraceWindow> window_;
};

}  // namespace p2p::tb
