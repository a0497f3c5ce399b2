#include "tb/replay/event_comparison.h"

#include <cerrno>
#include <cstring>

#include "tb/run/options.h"

namespace p2p::tb {

namespace {
constexpr std::string_view kNone = "no further event";
}

EventComparison::EventComparison(const std::string& file) : file_(file), recorded_(file) {
  if (!recorded_) throw UsageError(file + ": " + std::strerror(errno));
}

bool EventComparison::event(std::string_view line) {
  if (!departure_.empty()) return false;
  std::string recorded;
  const bool there = static_cast<bool>(std::getline(recorded_, recorded));
  if (there && recorded == line) {
    ++same_;
    return true;
  }
  depart(there ? recorded : kNone, line);
  return false;
}

bool EventComparison::end() {
  std::string recorded;
  if (departure_.empty() && std::getline(recorded_, recorded)) depart(recorded, kNone);
  return departure_.empty();
}

void EventComparison::depart(std::string_view recorded, std::string_view now) {
  departure_ = "departs from " + file_ + " at line " + std::to_string(same_ + 1) + ": recorded ";
  departure_.append(recorded).append(", now ").append(now);
}

}  // namespace p2p::tb
