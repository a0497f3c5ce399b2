#include "tb/replay/event_comparison.h"

#include <cerrno>
#include <cstring>

#include "tb/run/options.h"

namespace p2p::tb {

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
  departure_ = "departs from " + file_ + " at line " + std::to_string(same_ + 1) + ": recorded " +
               (there ? recorded : "no further event") + ", now " + std::string(line);
  return false;
}

bool EventComparison::end() {
  std::string recorded;
  if (departure_.empty() && std::getline(recorded_, recorded))
    departure_ = "departs from " + file_ + " at line " + std::to_string(same_ + 1) + ": recorded " + recorded +
                 ", now no further event";
  return departure_.empty();
}

}  // namespace p2p::tb
