// The events of a run as a trace that Perfetto and chrome://tracing open.
#pragma once

#include <string>
#include <vector>

#include "tb/events/recorded_event.h"

namespace p2p::tb {

/// Trace event format, JSON: CPUs, threads, pins, IRPs, frames, the interrupt line. `summary`: the run's summary.json,
/// from which violations and the use of the bus come; may be empty.
std::string perfetto_json(const std::vector<RecordedEvent>& events, const std::string& summary);

}  // namespace p2p::tb
