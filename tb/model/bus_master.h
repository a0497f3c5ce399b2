// `m_axi`: the channels' write bursts and descriptor reads, taking turns.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "tb/model/frame_packer.h"
#include "tb/model/parameters.h"
#include "tb/model/pins.h"
#include "tb/model/queue.h"

namespace p2p::model {

/// Whose turn it is: the next that asks, counting from the one served last.
class Turn {
 public:
  /// `asking`: a bit each. The first if none asks.
  unsigned next(unsigned asking) const {
    if (asking == 0) return 0;
    const unsigned behind = asking & ~0u << 1 << last_;
    return static_cast<unsigned>(std::countr_zero(behind != 0 ? behind : asking));
  }
  void served(unsigned channel) { last_ = channel; }
  void reset() { last_ = 0; }

 private:
  unsigned last_ = 0;
};

/// A burst's answer in the cycle that brings it.
struct Answer {
  bool given = false, error = false;
  unsigned channel = 0;  ///< the writer's number
  std::uint8_t response = 0;
  std::uint64_t address = 0;
  std::uint16_t index = 0;
};

/// Writers are numbered: the channels' planes, those of a channel side by side, then the channels' messages.
class WriteMaster {
 public:
  explicit WriteMaster(const Parameters& p) : ids_(p.max_outstanding), sending_(16) {}

  Answer answer(const MemoryInputs& in) const;
  /// The channel whose burst is issued in this cycle, of those in `asking`; -1: none.
  int issues(const MemoryInputs& in, unsigned asking) const;
  /// The channel whose beat enters the data register in this cycle; -1: none. The first beat of the burst that is
  /// issued goes along if no earlier burst is still sending; others wait to be among `beats_there`.
  int sends(const MemoryInputs& in, int issued, unsigned beats_there) const;

  void edge(const MemoryInputs& in, const Answer& answer, int issued, const Burst* burst, int sent, const Beat* beat);
  void outputs(MemoryOutputs& out) const;
  unsigned outstanding(unsigned channel) const { return outstanding_[channel]; }
  /// The burst the address pins show.
  const Burst& shown() const { return shown_; }
  void reset();

 private:
  struct Slot {
    bool taken = false;
    unsigned channel = 0;
    std::uint64_t address = 0;
    std::uint16_t index = 0;
  };
  unsigned free_id() const;

  unsigned ids_;
  std::array<Slot, 16> slots_{};
  Queue<unsigned> sending_;  // channels of the bursts whose data is not all sent
  Turn turn_;
  std::array<unsigned, kMaxWriters> outstanding_{};
  bool awvalid_ = false, wvalid_ = false, up_ = false;
  std::uint8_t awid_ = 0;
  Burst shown_;
  Beat beat_;
};

class ReadMaster {
 public:
  struct Request {
    std::uint64_t address = 0;
    std::uint8_t length = 0;
  };
  using Requests = std::array<Request, kMaxReaders>;

  /// The channel whose address the pins show. `asking`: bits of the channels whose requests are valid.
  unsigned shown(unsigned asking) const { return held_ ? channel_ : turn_.next(asking); }
  bool ready() const { return up_; }
  void edge(const MemoryInputs& in, unsigned asking);
  void outputs(const Requests& requests, unsigned asking, MemoryOutputs& out) const;
  void reset() { *this = {}; }

 private:
  Turn turn_;
  bool held_ = false, up_ = false;
  unsigned channel_ = 0;
};

}  // namespace p2p::model
