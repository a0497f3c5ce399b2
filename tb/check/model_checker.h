// The reference model (tb/model) beside the chip of a run: every output pin, in every cycle of both clocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tb/check/rule.h"
#include "tb/model/lockstep.h"
#include "tb/model/pin_values.h"

namespace p2p::tb {

/// Instants are kept and compared kBatch at a time: chip and model do not fit the processor's caches together, and
/// would drive each other out in every cycle. A violation names its cycle all the same.
class ModelChecker {
 public:
  enum Id { kOutput, kCount };
  static constexpr std::size_t kBatch = 64;

  explicit ModelChecker(const model::Parameters& parameters = {}) : lockstep_(parameters) {}

  /// First of an instant with edges: which clocks rise, and both resets.
  void instant(bool pixel_edge, bool rst_n, bool pix_rst_n) {
    close();
    if (closed_ == kBatch) [[unlikely]]
      catch_up();
    Instant& now = instants_[closed_];
    now.pixel_edge = pixel_edge;
    now.rst_n = rst_n;
    now.pix_rst_n = pix_rst_n;
    now.bus_edge = false;
    open_ = true;
  }
  /// `pins` are as they are just before the edge.
  template <class Pins>
  void bus_cycle(std::uint64_t cycle, const Pins& pins) {
    Instant& now = instants_[closed_];
    now.bus_edge = true;
    now.bus_cycle = cycle;
    now.found = model::outputs_of(pins);
    now.bus = model::inputs_of(pins);
  }
  template <class Pins>
  void pixel_cycle(std::uint64_t cycle, const Pins& p) {
    Instant& now = instants_[closed_];
    now.pixel_cycle = cycle;
    now.tready = p.tready != 0;
    now.video = {p.tdata, p.tvalid, p.tuser, p.tlast};
  }
  /// After the last call of an instant that is to be compared at once.
  void instant_observed() {
    close();
    catch_up();
  }
  /// Takes the model up to the instant in hand.
  void catch_up();
  /// As far as catch_up() took it.
  const model::Lockstep& lockstep() const { return lockstep_; }
  /// After the last instant: compares what is left, brings `exercised` up to date.
  void count();

  std::array<Rule, kCount> rules{{
      {"MODEL_OUTPUT", "docs/vcap.md", "every output is in every cycle what the reference model says"},
  }};
  ViolationLog violations;

 private:
  [[gnu::cold]] void fail(const char* clock, std::uint64_t cycle) {
    violations.add(rules[kOutput], clock, cycle, lockstep_.difference());
  }

  struct Instant {
    bool bus_edge = false, pixel_edge = false, rst_n = false, pix_rst_n = false, tready = false;
    std::uint64_t bus_cycle = 0, pixel_cycle = 0;
    model::BusOutputs found;
    model::BusInputs bus;
    model::VideoInputs video;
  };
  void close() {
    closed_ += open_ ? 1 : 0;
    open_ = false;
  }

  model::Lockstep lockstep_;
  std::array<Instant, kBatch + 1> instants_;  // the closed ones, then the one in hand
  std::size_t closed_ = 0;
  bool open_ = false;
};

}  // namespace p2p::tb
