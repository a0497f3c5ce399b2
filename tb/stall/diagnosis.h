// From what is known of a run that stands still to why it does.
#pragma once

#include <string>

#include "tb/stall/evidence.h"

namespace p2p::tb {

struct Diagnosis {
  std::string verdict;  ///< "interrupt masked"; empty: nothing is wrong, or none of the causes that are known
  std::string because;  ///< what of the evidence says so; empty: nothing
};

/// The causes are looked for in the order in which a frame needs things: buffers, DMA, interrupt, DPC, the way back.
Diagnosis diagnose(const StallEvidence& evidence);

}  // namespace p2p::tb
