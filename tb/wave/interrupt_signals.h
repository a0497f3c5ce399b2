// The way of an interrupt in the waveform: line or message, service routine, DPC.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/wave_signals.h"
#include "tb/event_listener.h"

namespace p2p::tb {

/// sw.interrupt.line: its level at the CPUs; .messages: how many have come; .isr, .dpc: one is running; .dpcs_queued:
/// how many wait.
class InterruptSignals {
 public:
  explicit InterruptSignals(sim::WaveSignals& signals);
  void on_event(std::string_view event, std::initializer_list<TraceField> fields);

 private:
  using Signal = sim::WaveSignals::Signal;
  sim::WaveSignals& signals_;
  Signal line_, messages_, isr_, dpcs_queued_, dpc_;
  std::uint64_t message_count_ = 0, isrs_ = 0, queued_ = 0, dpcs_ = 0;
};

}  // namespace p2p::tb
