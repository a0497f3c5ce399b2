// Holds a run against the one it should repeat (RunOptions::replay_of), if there is one.
#pragma once

#include <optional>
#include <string>

#include "sim/hardware.h"
#include "tb/event_log.h"
#include "tb/replay/event_comparison.h"
#include "tb/run/options.h"
#include "tb/run/result.h"

namespace p2p::tb {

class ReplayWatch {
 public:
  /// Before the first event. The run is stopped with the first that departs. Throws UsageError if the record cannot be
  /// read.
  ReplayWatch(const RunOptions& options, Hardware& machine, EventLog& log);
  ReplayWatch(const ReplayWatch&) = delete;
  ReplayWatch& operator=(const ReplayWatch&) = delete;

  /// When all is known: adds to the failures what departs from the record, events first, then the end if the recorded
  /// run came to one.
  void finish(RunResult* result);

 private:
  Hardware& machine_;
  std::string folder_;
  bool was_killed_;
  std::optional<EventComparison> events_;
};

}  // namespace p2p::tb
