#include "tb/model/comparison.h"

#include "tb/numbers.h"

namespace p2p::model {
namespace {

/// Keeps the first that differs.
struct Finder {
  void operator()(const std::string& signal, std::uint64_t expected, std::uint64_t found) const {
    if (expected != found && first.signal.empty()) first = {signal, hex(expected), hex(found)};
  }
  void operator()(const std::string& signal, const Lanes& expected, const Lanes& found) const {
    (*this)(signal + "[63:0]", expected.low, found.low);
    (*this)(signal + "[127:64]", expected.high, found.high);
  }
  Difference& first;
};

}  // namespace

Difference first_difference(const BusOutputs& expected, const BusOutputs& found) {
  Difference first;
  each_output(expected, found, Finder{first});
  return first;
}

}  // namespace p2p::model
