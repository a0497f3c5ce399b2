// IRPs in the waveform: a lane for each that is alive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/wave_signals.h"
#include "tb/event_listener.h"

namespace p2p::tb {

/// sw.irp.laneNN.irp: the IRP's number in events.jsonl from irp.create to irp.free, 0 between; .major, .driver: of the
/// last IoCallDriver; .state: created, called, pending, cancelled, completing, done; .pending: a driver has returned
/// STATUS_PENDING; .summary: all that in words. An IRP takes the lowest lane that is free. sw.irp.without_lane: how
/// many found none, and those in a driver's own memory (IoInitializeIrp), of which nobody says when they are gone.
class IrpSignals {
 public:
  IrpSignals(sim::WaveSignals& signals, unsigned lanes);
  /// "irp.lane07"
  static std::string lane_name(unsigned lane);
  void on_event(std::string_view event, std::initializer_list<TraceField> fields);
  /// How many lanes there have been IRPs in: the first so many.
  unsigned used() const { return used_; }

 private:
  using Signal = sim::WaveSignals::Signal;
  struct Lane {
    Signal irp, major, driver, state, pending, summary;
    std::uint64_t id = 0;
    std::string_view with_major, in_state;
    std::string at_driver;
  };
  void take_lane(std::uint64_t id, bool raw);
  void leave(Lane& lane);
  void show(Lane& lane);

  sim::WaveSignals& signals_;
  std::vector<Lane> lanes_;
  Signal without_lane_;
  std::uint64_t without_ = 0;
  unsigned used_ = 0;
};

}  // namespace p2p::tb
