// A crash of the program itself: told, and reported up to the cycle before it if there is a snapshot to go back to: if
// nothing has failed before.
#pragma once

#include <functional>
#include <string>

#include "sim/machine.h"

namespace p2p::tb {

/// While it lives, SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT end the process with two lines that say at which bus
/// cycle, and where to look. Made before the kernel boots, whose own handlers answer for drivers and pass on the rest.
/// One at a time.
class CrashNotice {
 public:
  /// `report`: called with the signal's number, from its handler; true: the run up to there is in `target`, else what
  /// it had written is in `left_in`.
  CrashNotice(sim::Machine& machine, std::string target, std::string left_in, std::function<bool(int)> report);
  ~CrashNotice();
  CrashNotice(const CrashNotice&) = delete;
  CrashNotice& operator=(const CrashNotice&) = delete;

  /// "crashed (SIGSEGV)"
  static std::string text(int signal);

 private:
  static void handle(int signal);
  void tell(int signal);
  sim::Machine& machine_;
  std::string target_, left_in_;
  std::function<bool(int)> report_;
};

}  // namespace p2p::tb
