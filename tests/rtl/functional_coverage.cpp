#include "tests/rtl/functional_coverage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace p2p::rtltest {

FunctionalCoverage& FunctionalCoverage::instance() {
  static FunctionalCoverage coverage;
  return coverage;
}

FunctionalCoverage::FunctionalCoverage() {
  if (const char* folder = std::getenv("P2P_COVERAGE_DIR")) folder_ = folder;
}

void FunctionalCoverage::add(coverage::ChipWatch& watch) {
  for (const std::string& wrong : coverage::wrong(watch.bins().all())) ADD_FAILURE() << wrong;
  coverage::add(sum_.all(), watch.bins().all());
}

FunctionalCoverage::~FunctionalCoverage() {
  if (!wanted()) return;
  const std::string path = folder_ + "/" + program_invocation_short_name + "." + std::to_string(getpid()) + ".bins";
  if (coverage::save(path, sum_.all())) return;
  std::cerr << "cannot write " << path << std::endl;
  std::_Exit(1);
}

}  // namespace p2p::rtltest
