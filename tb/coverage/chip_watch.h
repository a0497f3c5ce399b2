// The functional coverage of one chip: its pins and, through the reference model that stands beside it and agrees with
// it in every cycle, its registers.
#pragma once

#include <string>
#include <vector>

#include "tb/coverage/bus_watch.h"
#include "tb/coverage/state_watch.h"

namespace p2p::coverage {

class ChipWatch {
 public:
  explicit ChipWatch(const model::Parameters& parameters) : bus_(bins_, parameters) {
    for (unsigned c = 0; c < parameters.channels; ++c) channels_.emplace_back(bins_);
  }
  ChipWatch(const ChipWatch&) = delete;
  ChipWatch& operator=(const ChipWatch&) = delete;

  /// Before an edge of the bus clock that finds chip and model out of reset.
  void edge(const model::BusInputs& in, const model::BusOutputs& out, const model::ChipModel& chip) {
    bus_.edge(in, out, chip);
    for (unsigned c = 0; c < channels_.size(); ++c)
      channels_[c].edge(chip.channel(c), chip.live(c), bus_.data_bursts(c));
  }
  /// The reset pins were low.
  void reset() {
    bus_.reset();
    registers_set();
  }
  /// A test put values into registers by other ways than the chip's.
  void registers_set() {
    for (StateWatch& channel : channels_) channel.reset();
  }
  ChipBins& bins() { return bins_; }

 private:
  ChipBins bins_;
  BusWatch bus_;
  std::vector<StateWatch> channels_;
};

}  // namespace p2p::coverage
