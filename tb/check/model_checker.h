// The reference model (tb/model) beside the chip of a run: every output pin, in every cycle of both clocks.
#pragma once

#include <array>
#include <cstdint>

#include "tb/check/rule.h"
#include "tb/model/lockstep.h"

namespace p2p::tb {

class ModelChecker {
 public:
  enum Id { kOutput, kCount };

  explicit ModelChecker(const model::Parameters& parameters = {}) : lockstep_(parameters) {}

  /// First of an instant with edges: which clocks rise, and both resets.
  void instant(bool pixel_edge, bool rst_n, bool pix_rst_n) {
    lockstep_.instant(pixel_edge ? 1 : 0, rst_n, pix_rst_n ? 1 : 0);
  }
  template <class Pins>
  void bus_cycle(std::uint64_t cycle, const Pins& pins) {
    if (lockstep_.bus_edge(pins, model::inputs_of(pins))) [[unlikely]]
      fail("bus", cycle);
  }
  template <class Pins>
  void pixel_cycle(std::uint64_t cycle, const Pins& p) {
    if (lockstep_.pixel_edge(0, p.tready != 0, {p.tdata, p.tvalid, p.tuser, p.tlast})) [[unlikely]]
      fail("pixel", cycle);
  }
  const model::Lockstep& lockstep() const { return lockstep_; }
  /// Brings `exercised` up to date.
  void count() { rules[kOutput].exercised = lockstep_.edges_compared(); }

  std::array<Rule, kCount> rules{{
      {"MODEL_OUTPUT", "docs/vcap.md", "every output is in every cycle what the reference model says"},
  }};
  ViolationLog violations;

 private:
  [[gnu::cold]] void fail(const char* clock, std::uint64_t cycle) {
    violations.add(rules[kOutput], clock, cycle, lockstep_.difference());
  }

  model::Lockstep lockstep_;
};

}  // namespace p2p::tb
