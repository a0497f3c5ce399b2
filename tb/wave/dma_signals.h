// What the device may reach, in the waveform: a lane for each mapping that is alive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/wave_signals.h"
#include "tb/event_listener.h"

namespace p2p::tb {

/// sw.dma.laneNN.mapping: its number in events.jsonl from dma.map to dma.unmap, 0 between; .irp: whose buffer it is;
/// .address, .bytes: what the device has; .summary: all that in words. A mapping takes the lowest lane that is free.
/// sw.dma.without_lane: how many found none.
class DmaSignals {
 public:
  DmaSignals(sim::WaveSignals& signals, unsigned lanes);
  /// "dma.lane07"
  static std::string lane_name(unsigned lane);
  void on_event(std::string_view event, std::initializer_list<TraceField> fields);
  /// How many lanes there have been mappings in: the first so many.
  unsigned used() const { return used_; }

 private:
  using Signal = sim::WaveSignals::Signal;
  struct Lane {
    Signal mapping, irp, address, bytes, summary;
    std::uint64_t number = 0;
  };
  void take_lane(std::initializer_list<TraceField> fields);
  void leave(Lane& lane);

  sim::WaveSignals& signals_;
  std::vector<Lane> lanes_;
  Signal without_lane_;
  std::uint64_t without_ = 0;
  unsigned used_ = 0;
};

}  // namespace p2p::tb
