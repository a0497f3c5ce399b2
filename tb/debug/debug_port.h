// Answers gdb while the process stands still (tb/debug/pin2pin_gdb.py). gdb cannot call a function on every machine
// (some have more processor state than it knows to put back), so it only moves the general registers: it writes a
// question, goes on at p2p_debug_entry, which keeps the rest of the state, and reads the reply at p2p_debug_answered.
// From p2p_debug_back one instruction leads to p2p_debug_origin, where the process stood. All of them have C names, so
// that gdb finds them without debugging information.
#pragma once

#include <string>
#include <string_view>

#include "sim/machine.h"

namespace p2p::tb {

/// While it lives, questions are about the kernel that runs, and this machine's chip. One at a time.
class DebugPort {
 public:
  explicit DebugPort(sim::Machine& machine);
  /// A machine without a chip.
  DebugPort();
  ~DebugPort();
  DebugPort(const DebugPort&) = delete;
  DebugPort& operator=(const DebugPort&) = delete;
};

/// Answers in text "cpus", "threads", "dpcs", "irps", "irps all", "irp N", "pins", "chip", "chip NAME". For gdb alone:
/// "stop N" ("yes": p2p_debug_stop is called before the first edge of bus cycle N; "over"; "no chip"), "parked N"
/// (registers of ntos::ParkedContext as numbers, in its order; empty: that thread executes, has ended, or is not
/// there). Anything else: what would have been expected.
std::string debug_answer(std::string_view question);

}  // namespace p2p::tb
