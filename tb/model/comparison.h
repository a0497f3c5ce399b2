// The chip's outputs beside the model's.
#pragma once

#include <string>

#include "tb/model/pin_values.h"

namespace p2p::model {

/// One output that is not what the model says.
struct Difference {
  std::string signal;           ///< as rtl/vcap.sv names it
  std::string expected, found;  ///< in hexadecimal
};

/// The first of the outputs, in the order of each_output(), that differs; of those that differ there must be one.
Difference first_difference(const BusOutputs& expected, const BusOutputs& found);

/// Gathers what differs without a branch a pin.
struct Differing {
  template <class A, class B>
  [[gnu::always_inline]] void operator()(const char*, A a, B b) {
    bits |= static_cast<std::uint64_t>(a ^ b);
  }
  template <class Port>
  [[gnu::always_inline]] void operator()(const char*, const Lanes& a, const Port& port) {
    const Lanes b = lanes_of(port);
    bits |= (a.low ^ b.low) | (a.high ^ b.high);
  }
  std::uint64_t& bits;
};

/// `Pins`: BusOutputs, or pins of the same names (sim/pins.h).
template <class Pins>
bool same(const BusOutputs& expected, const Pins& found) {
  std::uint64_t bits = 0;
  each_output(expected, found, Differing{bits});
  return bits == 0;
}

}  // namespace p2p::model
