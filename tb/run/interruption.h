// Ctrl-C: the run stops where it is and is reported, as any other that was not done.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "sim/machine.h"
#include "tb/replay/recorded_end.h"

namespace p2p::tb {

/// While it lives, SIGINT and SIGTERM stop the machine at the next look, another one half a
/// second or more after the first ends the process. One at a time.
class Interruption {
 public:
  static constexpr std::string_view kWords = "interrupted by SIG";  ///< how the reason for the stop begins

  /// `before`: called before the machine is stopped, between two edges. `recorded`: of a run that is replayed, which
  /// was interrupted; so is this one, when it has come as far.
  Interruption(sim::Machine& machine, std::function<void()> before, const std::optional<RecordedEnd>& recorded);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  bool happened() const;

 private:
  void look();
  sim::Machine& machine_;
  std::function<void()> before_;
  std::optional<RecordedEnd> recorded_;
};

}  // namespace p2p::tb
