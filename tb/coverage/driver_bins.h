// All functional bins of a driver's life, in one place: what it was put through, whoever wrote it.
#pragma once

#include <vector>

#include "tb/coverage/bins.h"

namespace p2p::coverage {

/// A pin's KSSTATE; of several pins the furthest.
enum PinState : std::size_t { kNoPin, kStop, kAcquire, kPause, kRun };
/// What a pin's queue holds of buffers.
enum Load : std::size_t { kEmpty, kWaiting, kInHand };

struct DriverBins {
  // -- pins
  Cross pin_state, state_load, source_frame, buffer_end;
  // -- requests
  Cross request, completion, cancel;
  // -- interrupts
  Cross interrupt, interrupt_state, dpc_frames;

  DriverBins();
  std::vector<Cross*> all();
};

}  // namespace p2p::coverage
