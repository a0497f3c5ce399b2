// What the buses show: bursts, waits, answers, descriptors, register accesses.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "tb/coverage/chip_bins.h"
#include "tb/model/chip_model.h"

namespace p2p::coverage {

class BusWatch {
 public:
  BusWatch(ChipBins& bins, const model::Parameters& parameters);

  /// Pins and model as an edge of the bus clock finds them.
  void edge(const model::BusInputs& in, const model::BusOutputs& out, const model::ChipModel& chip);
  void reset();
  /// Data bursts of a channel that were issued.
  std::uint64_t data_bursts(unsigned channel) const;

 private:
  struct Piece {
    std::uint64_t begin, end;
  };
  struct Reading {
    std::uint64_t asked = 0, half = 0;  // cycle of the address; the first half of a descriptor
    bool waiting = false, second = false;
  };
  struct Plane {
    std::deque<Piece> pieces;  // newest last
    Reading reading;
    std::uint64_t data_bursts = 0;
    bool ends_open = false;  // the last data burst had no reason yet
    std::size_t last_beats = 0;
    bool any = false;
  };
  struct Flight {
    std::uint8_t id;
    std::uint64_t sent;  // cycle of its last beat
    bool whole;
  };
  struct Burst {
    std::uint64_t address, end;
    unsigned beats;
  };

  void addresses(const model::BusInputs& in, const model::BusOutputs& out, const model::ChipModel& chip);
  void data(const model::BusInputs& in, const model::BusOutputs& out);
  void answers(const model::BusInputs& in, const model::BusOutputs& out);
  void reads(const model::BusInputs& in, const model::BusOutputs& out);
  void registers(const model::BusInputs& in, const model::BusOutputs& out);
  void issued(const Burst& burst, const model::ChipModel& chip);
  void issued_record(unsigned channel);
  void issued_data(Plane& plane, const Burst& burst, bool gaps);
  void read_beat(Plane& plane, const model::MemoryInputs& in);
  void descriptor(Plane& plane, std::uint64_t address, std::uint64_t rest);
  void turn(Writer now);

  ChipBins& bins_;
  unsigned bytes_, max_burst_;
  std::size_t pieces_kept_;  // of a plane
  unsigned planes_of_channel_;
  std::vector<Plane> planes_;  // of all channels, a channel's side by side: the IDs of reads
  std::deque<Flight> flights_;
  std::uint64_t cycle_ = 0;
  unsigned aw_waits_ = 0, ar_waits_ = 0, w_waits_ = 0;
  bool first_beat_ = true, any_burst_ = false;
  Writer before_ = kData;
  // A register access: what came already, and whether its answer was waited for.
  bool address_there_ = false, data_there_ = false, write_late_ = false, read_late_ = false;
  std::size_t write_order_ = 0;
};

}  // namespace p2p::coverage
