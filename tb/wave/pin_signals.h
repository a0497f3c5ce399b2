// KS pins in the waveform: state and queue of each.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "sim/wave_signals.h"
#include "tb/event_listener.h"

namespace p2p::tb {

/// sw.ks.pinN, N counting pins as they are created, as in events.jsonl: .state: STOP, ACQUIRE, PAUSE, RUN, empty before
/// and after; .queued: IRPs in its queue; .inserted, .leading: number of the frame last queued, and of the one the
/// leading edge has come to; .completed: of the one last given back with data.
class PinSignals {
 public:
  PinSignals(sim::WaveSignals& signals, unsigned pins);
  void on_event(std::string_view event, std::initializer_list<TraceField> fields);
  /// The pins that have had a frame in their queue.
  std::vector<unsigned> used() const;

 private:
  using Signal = sim::WaveSignals::Signal;
  struct Pin {
    Signal state, queued, inserted, leading, completed;
    std::set<std::uint64_t> irps;  // in its queue
    bool used = false;
  };
  void leave_queue(Pin& pin, std::uint64_t irp);

  sim::WaveSignals& signals_;
  std::vector<Pin> pins_;  // the first is pin 1
};

}  // namespace p2p::tb
