// The functional bins of a run as summary and report show them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tb/coverage/bins.h"
#include "tb/output/output_folder.h"

namespace p2p::tb {

/// One cross: how many of its possible bins were hit, and which were not.
struct CrossResult {
  std::string subject, name, says;  ///< subject: "driver" or "chip"
  std::size_t covered = 0, possible = 0;
  std::vector<std::string> missing;
};

struct CoverageResult {
  std::vector<CrossResult> crosses;
  std::size_t covered() const { return sum(&CrossResult::covered); }
  std::size_t possible() const { return sum(&CrossResult::possible); }

 private:
  std::size_t sum(std::size_t CrossResult::*field) const {
    std::size_t total = 0;
    for (const CrossResult& cross : crosses) total += cross.*field;
    return total;
  }
};

struct CountedBins {
  const char* subject;
  std::vector<coverage::Cross*> crosses;
};

/// Writes SUBJECT.bins, which scripts/coverage.py merges with those of other runs. What was said to be impossible and
/// happened is a failure of the run.
CoverageResult take_coverage(const std::vector<CountedBins>& counted, const OutputFolder& folder,
                             std::vector<std::string>* failures);

}  // namespace p2p::tb
