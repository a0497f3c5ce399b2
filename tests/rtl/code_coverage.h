// What the chips of a test program ran through: sums of their coverage counters, written when the program ends into the
// folder that P2P_COVERAGE_DIR names, for scripts/coverage.py (docs/coverage.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rtl/coverage_points.h"

namespace p2p::rtltest {

class CodeCoverage {
 public:
  static CodeCoverage& instance();

  // Around the making of a chip: the first one tells the points.
  void chip_begins();
  void chip_made(const std::uint32_t* counters);
  // When the reset that the chip begins with ends: flip-flops power up with random values, which are no work of a test,
  // so counting starts again; but for blocks without a condition, whose only evaluation may have been the first of all.
  void reset_ends(const std::uint32_t* counters);
  // A chip's counters when it ends. A toggle is a bit that went there and back in the life of one chip.
  void add(const std::uint32_t* counters);

 private:
  CodeCoverage() = default;
  ~CodeCoverage();
  void write(const std::string& path) const;

  struct Sum {
    coverage::Point point;
    std::size_t place;  // among a chip's counters
    bool toggle, unconditional;
    std::uint64_t count;
  };
  std::vector<coverage::Point> points_;
  std::vector<Sum> sums_;
};

}  // namespace p2p::rtltest
