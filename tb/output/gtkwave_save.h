// trace.gtkw: what GTKWave shows when it opens a run's trace.
#pragma once

#include <cstdint>
#include <string>

#include "tb/run/result.h"

namespace p2p::tb {

/// The chip's buses grouped by story. Zoomed to the first violation, with marker A on it; without one to the first
/// frame, with marker A on its first pixel and B where the application has it. Times of the trace are ps.
std::string gtkwave_save_file(const RunResult& result);

}  // namespace p2p::tb
