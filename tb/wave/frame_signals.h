// Source frames in the waveform, each from the pins to the application.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/wave_signals.h"
#include "tb/event_listener.h"

namespace p2p::tb {

/// sw.frame.laneN.frame: its number, N is the number modulo the number of lanes; .hop: where it is: pins, chip (the
/// last beat is in), memory (its completion record, too), interrupt, isr, dpc, completed, irp_done, delivered, or
/// dropped (a later frame has a record and it has none); .irp: the IRP it came back with; .summary: all that in words.
/// The scoreboard tells by their times which frame a record and a sample belong to; between those, stream pointers are
/// taken to complete frames in the order of their records.
class FrameSignals {
 public:
  FrameSignals(sim::WaveSignals& signals, unsigned lanes);
  void on_event(std::string_view event, std::initializer_list<TraceField> fields);
  void recorded(std::uint64_t frame);
  void delivered(std::uint64_t frame);
  /// How many lanes there have been frames in: the first so many.
  unsigned used() const { return used_; }

 private:
  using Signal = sim::WaveSignals::Signal;
  enum Hop { kNone, kPins, kChip, kMemory, kInterrupt, kIsr, kDpc, kCompleted, kIrpDone, kDelivered, kDropped };
  struct Lane {
    Signal frame, hop, irp, summary;
    Hop at = kNone;
    std::uint64_t number = 0, with_irp = 0;
  };
  Lane* lane_of(std::uint64_t frame);
  void move(Lane& lane, Hop hop);
  void move_all(Hop first, Hop last, Hop to);
  void completed(std::uint64_t irp);

  sim::WaveSignals& signals_;
  std::vector<Lane> lanes_;
  unsigned used_ = 0;
};

}  // namespace p2p::tb
