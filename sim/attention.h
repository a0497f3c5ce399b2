// How a part of the machine tells the clock loop that software must see something in this very cycle.
#pragma once

namespace p2p::sim {

/// Raised by bridges and the video player during a cycle; the loop then ends its run-ahead with that cycle.
struct Attention {
  bool raised = false;
};

}  // namespace p2p::sim
