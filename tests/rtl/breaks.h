// Every way to break one frame.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
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

inline Break random_break(Random& random, const Lines& whole) {
  std::vector<Break> breaks = all_breaks(whole);
  return std::move(breaks[random.between(0, static_cast<uint32_t>(breaks.size()) - 1)]);
}

// After lines of `broken` were queued.
inline void cut_if(Session& session, const Break& broken) {
  if (broken.cut_in_line) session.capture.video().cut_here();
}

inline void send_broken(Session& session, const Break& broken) {
  session.send_broken(broken.lines);
  cut_if(session, broken);
}

// What the chip counts if `lost` frames had not the format and nothing else was lost.
inline Counters format_lost(const Session& session, uint32_t lost) {
  return {.frames = session.delivered(), .dropped = lost, .format = lost, .started = session.sent()};
}

// Whether the window is whole when the chip sees what is wrong: plainly, by walking the beats.
inline bool whole_before(const CaptureSetup& setup, const Break& broken) {
  const size_t beats = (setup.input_width != 0 ? setup.input_width : setup.width) / 2,
               bottom = setup.top + setup.height - 1;
  const size_t right = (setup.left + setup.width) / 2 - 1;
  for (size_t y = 0; y < broken.lines.size(); ++y) {
    const size_t length = broken.lines[y].size();
    const bool cut = broken.cut_in_line && y + 1 == broken.lines.size();
    // The beat that ends the line too early, or should have ended it and does not; a cut is seen behind the last.
    const size_t good = cut ? length : length == beats ? beats : std::min(length, beats) - 1;
    if (y == bottom && good > right) return true;
    if (good != beats) return false;
  }
  return false;
}

}  // namespace p2p::rtltest
