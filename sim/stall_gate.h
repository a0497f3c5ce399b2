// Random back-pressure of one ready/valid channel: a run of handshakes, then a stall, then the next run. The generator
// is asked once a run, so that a streaming channel costs a decrement a beat.
#pragma once

#include <cstdint>

#include "sim/config.h"
#include "sim/random.h"

namespace p2p::sim {

class StallGate {
 public:
  /// Never stalls when `always_ready` or when `stall` says so.
  StallGate(const Stall& stall, bool always_ready, Random& random) : stall_(stall), random_(random) {
    if (always_ready || stall.percent == 0 || stall.max_cycles == 0) stall_.percent = 0;
    draw_run();
  }
  /// May the channel be ready (or valid) in the next cycle?
  bool open() const { return closed_ == 0; }
  bool closed() const { return closed_ != 0; }
  /// A handshake took place in this cycle.
  void handshake() {
    if (--run_ == 0) {
      closed_ = random_.between(1, stall_.max_cycles) + 1;
      draw_run();
    }
  }
  /// Once every cycle, after handshake().
  void tick() {
    if (closed_ != 0) --closed_;
  }

 private:
  void draw_run() {
    if (stall_.percent == 0) {
      run_ = ~std::uint64_t{0};
    } else {
      const unsigned percent = stall_.percent > 100 ? 100 : stall_.percent;
      run_ = random_.between(1, 200 / percent - 1);  // mean 100 / percent
    }
  }

  Stall stall_;
  Random& random_;
  std::uint64_t run_ = 0;
  unsigned closed_ = 0;
};

}  // namespace p2p::sim
