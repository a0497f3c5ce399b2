// Puts what software does, frames and verdicts into the waveform of a run.
#pragma once

#include <functional>
#include <string>

#include "tb/event_log.h"
#include "tb/run/options.h"
#include "tb/run/watched_machine.h"
#include "tb/scoreboard.h"
#include "tb/wave/software_wave.h"

namespace p2p::tb {

/// While it lives, for a machine that has a waveform or may get one. Made before the kernel boots, and gone before the
/// machine.
class SoftwareTrace {
 public:
  /// `program`: path of the executable.
  SoftwareTrace(WatchedMachine& watched, const RunOptions& options, const std::string& program, EventLog& log,
                Scoreboard& scoreboard);
  ~SoftwareTrace();
  SoftwareTrace(const SoftwareTrace&) = delete;
  SoftwareTrace& operator=(const SoftwareTrace&) = delete;
  WaveUse use() const { return wave_.use(); }
  /// A waveform has been begun.
  void begun() { wave_.begun(); }
  /// Is told of every violation, too.
  std::function<void(const Violation&)> on_violation;

 private:
  sim::Machine& machine_;
  SoftwareWave wave_;
};

}  // namespace p2p::tb
