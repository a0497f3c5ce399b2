// Ctrl-C: the run stops where it is and is reported, as any other that was not done.
#pragma once

#include <functional>

#include "sim/machine.h"

namespace p2p::tb {

/// While it lives, SIGINT and SIGTERM stop the machine at the next look, another one half a
/// second or more after the first ends the process. One at a time.
class Interruption {
 public:
  /// `before`: called before the machine is stopped, between two edges.
  Interruption(sim::Machine& machine, std::function<void()> before);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  bool happened() const;

 private:
  void look();
  sim::Machine& machine_;
  std::function<void()> before_;
};

}  // namespace p2p::tb
