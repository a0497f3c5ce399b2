#include "tb/replay/event_comparison.h"

#include <cerrno>
#include <cstring>

#include "tb/run/options.h"

namespace p2p::tb {

namespace {
constexpr std::string_view kNone = "no further event";
}

EventComparison::EventComparison(const std::string& file, bool killed) : file_(file), recorded_(file), killed_(killed) {
  if (!recorded_) throw UsageError(file + ": " + std::strerror(errno));
}

bool EventComparison::event(std::string_view line) {
  if (!departure_.empty()) return false;
  if (over_) return true;
  std::string recorded;
  const bool there = static_cast<bool>(std::getline(recorded_, recorded));
  if (killed_ && recorded_.eof()) {  // none, or a line without its end
    over_ = true;
    return true;
  }
  if (there && recorded == line) {
    ++same_;
    return true;
  }
  depart(there ? recorded : kNone, line);
  return false;
}

bool EventComparison::end() {
  std::string recorded;
  if (departure_.empty() && !over_ && std::getline(recorded_, recorded) && !(killed_ && recorded_.eof()))
    depart(recorded, kNone);
  return departure_.empty();
}

void EventComparison::depart(std::string_view recorded, std::string_view now) {
  departure_ = "departs from " + file_ + " at line " + std::to_string(same_ + 1) + ": recorded ";
  departure_.append(recorded).append(", now ").append(now);
}

}  // namespace p2p::tb
