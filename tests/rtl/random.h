// Random numbers that are the same everywhere: the standard distributions are not specified, the engine is.
#pragma once

#include <cstdint>
#include <random>

namespace p2p::rtltest {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  // Uniform in [low, high].
  uint32_t between(uint32_t low, uint32_t high) { return low + static_cast<uint32_t>(engine_() % (high - low + 1u)); }
  // True in `percent` of a hundred calls.
  bool chance(uint32_t percent) { return percent != 0 && engine_() % 100u < percent; }
  uint8_t byte() { return static_cast<uint8_t>(engine_() >> 11); }

 private:
  std::mt19937 engine_;
};

}  // namespace p2p::rtltest
