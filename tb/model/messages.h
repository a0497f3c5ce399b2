// Message-signalled interrupts: writes of four bytes instead of the line.
#pragma once

#include <cstdint>

#include "tb/model/frame_packer.h"

namespace p2p::model {

class Messages {
 public:
  struct Edge {
    bool enabled = false;    ///< MSI_CTRL
    bool held_back = false;  ///< by a soft reset
    std::uint64_t address = 0;
    std::uint32_t data = 0;
    std::uint32_t pending = 0;  ///< INTR_STATE & INTR_ENABLE
    bool touched = false;       ///< either of them is written with this edge
    bool answered = false;
  };

  explicit Messages(unsigned data_bytes) : bus_(data_bytes) {}

  /// What this edge offers to the bus; valid until edge().
  void decide(const Edge& e) {
    const bool due = (e.pending & ~before_) != 0 || touched_;
    waits_ = e.enabled && e.pending != 0 && (due || waited_);
    offers_ = waits_ && !busy_ && !e.held_back;
    const std::uint64_t address = to_send_ ? address_ : e.address;
    const std::uint64_t data = to_send_ ? data_ : e.data;
    burst_ = {e.address & ~std::uint64_t{bus_ - 1}, 0, 0, false};
    const std::uint64_t twice = data | data << 32;
    beat_ = {{twice, bus_ == 16 ? twice : 0}, static_cast<std::uint16_t>(0xFu << (address & (bus_ - 1))), true};
  }
  bool offers_burst() const { return offers_; }
  bool offers_beat() const { return offers_ || to_send_; }
  const Burst& burst() const { return burst_; }
  const Beat& beat() const { return beat_; }
  bool busy() const { return busy_; }                 ///< one is on its way
  std::uint64_t address() const { return address_; }  ///< of that one

  void edge(const Edge& e, bool burst_taken, bool beat_taken) {
    before_ = e.enabled ? e.pending : 0;
    touched_ = e.touched;
    waited_ = waits_ && !burst_taken;
    if (burst_taken) {
      busy_ = true;
      to_send_ = !beat_taken;
      address_ = e.address;
      data_ = e.data;
    } else {
      if (e.answered) busy_ = false;
      if (beat_taken) to_send_ = false;
    }
  }
  void reset() { *this = Messages(bus_); }

 private:
  unsigned bus_;
  std::uint32_t before_ = 0;  // what was pending in the cycle before
  bool touched_ = false, waited_ = false, waits_ = false, offers_ = false, busy_ = false, to_send_ = false;
  std::uint64_t address_ = 0;
  std::uint32_t data_ = 0;
  Burst burst_;
  Beat beat_;
};

}  // namespace p2p::model
