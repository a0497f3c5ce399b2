// A small deterministic generator (SplitMix64), one a bridge, so that what one part draws never shifts another's
// numbers.
#pragma once

#include <cstdint>

namespace p2p::sim {

class Random {
 public:
  /// `stream` separates generators that share a run's seed.
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed) {
    state_ = next() ^ (stream * 0xD1342543DE82EF95u);
    next();
  }
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// Uniform in 0..bound-1; bound must be 1..2^32.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32) * bound) >> 32; }
  /// Uniform in low..high.
  unsigned between(unsigned low, unsigned high) {
    return low + static_cast<unsigned>(below(std::uint64_t{high} - low + 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace p2p::sim
