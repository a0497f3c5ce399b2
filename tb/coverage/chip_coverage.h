// The functional bins of the chip of a run: an observer of its pins. Stands before the reference model's checker, which
// takes the model beyond the edge.
#pragma once

#include <cstdint>

#include "tb/check/model_checker.h"
#include "tb/coverage/chip_watch.h"
#include "tb/model/pin_values.h"

namespace p2p::tb {

class ChipCoverage {
 public:
  explicit ChipCoverage(ModelChecker& model, const model::Parameters& parameters = {})
      : model_(model), watch_(parameters) {}

  void instant(bool, bool rst_n, bool) {
    in_reset_ = !rst_n;
    if (in_reset_) watch_.reset();
  }
  template <class Pins>
  void bus_cycle(std::uint64_t, const Pins& pins) {
    model_.catch_up();
    // A model that differed no longer tells what is in the registers.
    if (in_reset_ || model_.lockstep().differed()) return;
    watch_.edge(model::inputs_of(pins), model::outputs_of(pins), model_.lockstep().model());
  }
  template <class Pins>
  void pixel_cycle(std::uint64_t, const Pins&) {}

  coverage::ChipBins& bins() { return watch_.bins(); }

 private:
  ModelChecker& model_;
  coverage::ChipWatch watch_;
  bool in_reset_ = true;
};

}  // namespace p2p::tb
