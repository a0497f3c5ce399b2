// Which of the waveform's software signals a run has used: the rest need not be shown.
#pragma once

#include <vector>

namespace p2p::tb {

struct WaveUse {
  unsigned cpus = 0;
  /// The first so many.
  unsigned irp_lanes = 0, dma_lanes = 0, frame_lanes = 0, write_lanes = 0, read_lanes = 0;
  std::vector<unsigned> pins;  ///< those that had a frame in their queue, from 1
  bool wide_data = true;       ///< of the chip, what buses and stream carry
};

}  // namespace p2p::tb
