// The chip's outputs beside the model's.
#pragma once

#include <cstring>
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

inline bool same(const BusOutputs& expected, const BusOutputs& found) {
  return std::memcmp(&expected, &found, sizeof expected) == 0;
}

}  // namespace p2p::model
