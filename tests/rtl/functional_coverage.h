// The functional bins (tb/coverage) of all chips of a test program: written when it ends into the folder that
// P2P_COVERAGE_DIR names, for scripts/coverage.py. Without the variable nothing is watched.
#pragma once

#include <string>

#include "tb/coverage/chip_watch.h"

namespace p2p::rtltest {

class FunctionalCoverage {
 public:
  static FunctionalCoverage& instance();
  bool wanted() const { return !folder_.empty(); }
  /// Of a chip that ends: adds its bins up; a failure for each impossible one.
  void add(coverage::ChipWatch& watch);

 private:
  FunctionalCoverage();
  ~FunctionalCoverage();

  std::string folder_;
  coverage::ChipBins sum_;
};

}  // namespace p2p::rtltest
