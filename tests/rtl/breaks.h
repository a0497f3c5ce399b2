// Every way to break one frame.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/rtl/session.h"

namespace p2p::rtltest {

struct Break {
  std::string name;
  Lines lines;
  bool cut_in_line = false;  // the last beat is no end of line
};

// Every way to break one frame, at every position.
inline std::vector<Break> all_breaks(const Lines& whole) {
  std::vector<Break> breaks;
  const size_t beats = whole[0].size();
  for (size_t y = 0; y < whole.size(); ++y) {
    const std::string line = " in line " + std::to_string(y);
    for (size_t more = 1; more <= beats + 1; ++more) {
      Lines lines = whole;
      lines[y].insert(lines[y].end(), more, 0xDEADBEEF);
      breaks.push_back({std::to_string(more) + " beats too many" + line, lines});
    }
    for (size_t less = 1; less < beats; ++less) {
      Lines lines = whole;
      lines[y].resize(beats - less);
      breaks.push_back({std::to_string(less) + " beats too few" + line, lines});
    }
    for (size_t x = 1; x < beats; ++x) {
      Lines lines(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(y) + 1);
      lines[y].resize(x);
      breaks.push_back({"cut off after " + std::to_string(x) + " beats" + line, lines, true});
    }
    if (y + 1 == whole.size()) continue;
    Lines missing(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(y) + 1);
    breaks.push_back({"cut off at the end" + line, missing});
    Lines joined = whole;
    joined[y].insert(joined[y].end(), joined[y + 1].begin(), joined[y + 1].end());
    joined.erase(joined.begin() + static_cast<std::ptrdiff_t>(y) + 1);
    breaks.push_back({"end of line missing" + line, joined});
  }
  return breaks;
}

inline void send_broken(Session& session, const Break& broken) {
  session.send_broken(broken.lines);
  if (broken.cut_in_line) session.capture.video().cut_here();
}

}  // namespace p2p::rtltest
