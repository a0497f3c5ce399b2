// trace.gtkw: what GTKWave shows when it opens a run's trace.
#pragma once

#include <cstdint>
#include <string>

#include "tb/run/result.h"
#include "tb/wave/wave_use.h"

namespace p2p::tb {

/// Software and the chip's buses grouped by story: frames, verdicts, bursts, IRPs, pins, interrupt, CPUs, DMA mappings,
/// other buses. Zoomed to the first violation, with markers A, B, … on each; without one, of a window to all of it with
/// marker A on the failure, else to the first frame, with marker A on its first pixel and B where the application has
/// it. Times of the trace are ps.
std::string gtkwave_save_file(const RunResult& result, const WaveUse& use);

}  // namespace p2p::tb
