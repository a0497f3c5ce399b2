// GTKWave beside a run that goes on: pin2pin run --live.
#pragma once

#include <string>

namespace p2p::tb {

/// Throws UsageError with one line that begins with `what` if there is nothing to show a window on.
void check_display(const std::string& what);

/// Throws UsageError with one line if there is no GTKWave, or nothing that it could show a window on.
void check_live_view();

/// Starts GTKWave on the trace.fst and trace.gtkw in `folder`, which may be renamed later; it loads again what has been
/// added (live_view.tcl), and stays when this process ends. Throws std::runtime_error with one line if it cannot.
void open_live_view(const std::string& folder);

}  // namespace p2p::tb
