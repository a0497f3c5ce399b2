// How and when a recorded run ended, from its summary.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace p2p::tb {

struct RecordedEnd {
  std::uint64_t bus_cycles = 0, sim_time_ns = 0;
  std::string interruption;  ///< what it says of Ctrl-C or SIGTERM; empty: neither came
};

/// Of the run whose results are in `folder`; nothing without a folder, or of a run that was killed before it had a
/// summary. Throws UsageError if the summary is none.
std::optional<RecordedEnd> recorded_end(const std::string& folder);

}  // namespace p2p::tb
