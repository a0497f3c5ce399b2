#include "tb/run/coverage_result.h"

#include <sstream>

namespace p2p::tb {
namespace {

CrossResult result_of(const char* subject, const coverage::Cross& cross) {
  CrossResult result{subject, cross.name(), cross.says(), 0, 0, {}};
  for (std::size_t bin = 0; bin < cross.size(); ++bin) {
    if (!cross.possible(bin)) continue;
    ++result.possible;
    if (cross.count(bin) != 0) {
      ++result.covered;
    } else {
      result.missing.push_back(cross.values_text(bin));
    }
  }
  return result;
}

}  // namespace

CoverageResult take_coverage(const std::vector<CountedBins>& counted, const OutputFolder& folder,
                             std::vector<std::string>* failures) {
  CoverageResult result;
  for (const auto& [subject, crosses] : counted) {
    for (const coverage::Cross* cross : crosses) result.crosses.push_back(result_of(subject, *cross));
    for (const std::string& text : coverage::wrong(crosses)) failures->push_back("coverage: " + text);
    std::ostringstream text;
    coverage::write_json(text, crosses);
    folder.write(std::string(subject) + ".bins", text.str());
  }
  return result;
}

}  // namespace p2p::tb
