// The chip's bus transactions in the waveform, decoded: bursts in lanes, register accesses by name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/bus_listener.h"
#include "sim/wave_signals.h"

namespace p2p::tb {

/// bus.write.laneNN, bus.read.laneNN: a burst from its address to its response or last beat, in the lowest lane that is
/// free: .address, .beats (0: none), .phase: data (of a write: not all has come; of a read: it is waited for), then of
/// a write its response; .summary: all that in words. bus.write.without_lane, .read.…: how many found none.
/// bus.register.access: the access under way, in words; .done: the last that has ended, with its data. All of it is
/// kept while there is no waveform, and shown by refresh().
class BusSignals final : public sim::BusListener {
 public:
  using RegisterNamer = std::function<std::string(std::uint16_t address)>;
  BusSignals(sim::WaveSignals& signals, RegisterNamer namer);
  /// "bus.write.lane07"
  static std::string lane_name(bool write, unsigned lane);
  /// How many lanes there have been bursts in: the first so many.
  unsigned writes_used() const { return writes_.used; }
  unsigned reads_used() const { return reads_.used; }
  /// A waveform has been begun.
  void refresh();

  void burst_begins(bool write, unsigned id, std::uint64_t address, unsigned beats) override;
  void burst_in_memory(unsigned response) override;
  void burst_ends(bool write, unsigned id, unsigned response) override;
  void access_begins(bool write, std::uint16_t address, std::uint32_t data) override;
  void access_ends(std::uint32_t data, unsigned response) override;
  void bus_reset() override;

 private:
  using Signal = sim::WaveSignals::Signal;
  struct Lane {
    Signal address, beats, phase, summary;
    std::uint64_t at = 0;
    unsigned id = 0, length = 0;  // 0: no burst
    bool answered = false;
    unsigned response = 0;
    std::uint64_t begun = 0;  // its turn among all
  };
  struct Bus {
    std::vector<Lane> lanes;
    Signal without_lane = 0;
    std::uint64_t without = 0;
    unsigned used = 0;
  };
  Bus make_bus(bool write, unsigned lanes);
  template <class Wanted>
  static Lane* oldest(Bus& bus, Wanted wanted);
  void leave(Lane& lane);
  void show(const Lane& lane);
  void show_accesses();

  sim::WaveSignals& signals_;
  RegisterNamer namer_;
  Bus writes_, reads_;
  struct Access {
    bool any = false, write = false;
    std::uint16_t address = 0;
    std::uint32_t data = 0;
    unsigned response = 0;
  };
  Signal access_shown_, done_shown_;
  Access access_, done_;
  std::uint64_t bursts_ = 0;
};

}  // namespace p2p::tb
