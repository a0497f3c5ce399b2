#include "tests/rtl/code_coverage.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>

namespace p2p::rtltest {

CodeCoverage& CodeCoverage::instance() {
  static CodeCoverage coverage;
  return coverage;
}

void CodeCoverage::chip_begins() {
  if (sums_.empty()) coverage::asked = &points_;
}

void CodeCoverage::chip_made(const std::uint32_t* counters) {
  coverage::asked = nullptr;
  for (const coverage::Point& point : points_) {
    const bool toggle = std::string_view(point.page).starts_with("v_toggle");
    const bool unconditional = !toggle && std::string_view(point.comment) == "block";
    sums_.push_back({point, static_cast<std::size_t>(point.count - counters), toggle, unconditional, 0});
  }
  points_.clear();
}

void CodeCoverage::reset_ends(const std::uint32_t* counters) {
  for (Sum& sum : sums_) {
    if (sum.unconditional) sum.count += counters[sum.place];
  }
}

void CodeCoverage::add(const std::uint32_t* counters) {
  for (Sum& sum : sums_) sum.count += sum.toggle ? counters[sum.place] / 2 : counters[sum.place];
}

CodeCoverage::~CodeCoverage() {
  const char* folder = std::getenv("P2P_COVERAGE_DIR");
  if (folder == nullptr || sums_.empty()) return;
  write(std::string(folder) + "/" + program_invocation_short_name + "." + std::to_string(getpid()) + ".points");
}

// A line a point: page, file, line, column, lines, count, comment.
void CodeCoverage::write(const std::string& path) const {
  std::ofstream out(path);
  for (const Sum& sum : sums_) {
    const coverage::Point& at = sum.point;
    out << at.page << '\t' << at.file << '\t' << at.line << '\t' << at.column << '\t' << at.lines << '\t' << sum.count
        << '\t' << at.comment << '\n';
  }
  if (out.flush()) return;
  std::cerr << "cannot write " << path << std::endl;
  std::_Exit(1);
}

}  // namespace p2p::rtltest
