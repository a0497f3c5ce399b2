// What one channel's registers show from cycle to cycle: its states, its causes, what becomes of its frames.
#pragma once

#include <array>
#include <cstdint>

#include "tb/coverage/chip_bins.h"
#include "tb/model/capture_channel.h"

namespace p2p::coverage {

class StateWatch {
 public:
  explicit StateWatch(ChipBins& bins) : bins_(&bins) {}

  /// Registers as an edge finds them; `data_bursts`: issued so far.
  void edge(const model::CaptureChannel& channel, const model::LiveValues& now, std::uint64_t data_bursts);
  void reset() { *this = StateWatch(*bins_); }

 private:
  void states(const model::LiveValues& now, const model::CaptureChannel& channel);
  void causes(const model::LiveValues& now, const model::CaptureChannel& channel);
  void reported(const model::LiveValues& now, const model::CaptureChannel& channel, bool tested);
  void outcomes(const model::LiveValues& now, std::uint64_t data_bursts);
  void shape(const model::CaptureChannel& channel);

  ChipBins* bins_;
  bool any_ = false;  // an edge was seen
  State state_ = kIdle;
  model::LiveValues before_;
  model::Access access_;  // carried out with the edge before
  bool enabled_ = false;
  std::uint64_t frame_begins_ = 0;  // data bursts before the frame in hand
  unsigned unreported_ = 0, waited_ = 0;
};

}  // namespace p2p::coverage
