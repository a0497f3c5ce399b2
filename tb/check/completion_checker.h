// Completion records as they leave the chip: which write burst is a record is known from CPL_BASE and CPL_SIZE,
// shadowed from the writes on `s_axil_*`. What the records say about frames goes to the scoreboard.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "tb/check/rule.h"

namespace p2p::tb {

/// A whole frame as it was written to memory; bus cycles of the handshakes.
struct FrameWrite {
  std::uint32_t sequence = 0, bytes = 0;
  std::uint64_t timestamp = 0;  ///< start of frame, bus cycles since reset was released
  std::uint64_t first_beat = 0, last_beat = 0, last_response = 0, record_response = 0;
  std::uint64_t beats = 0, bursts = 0;  ///< of the frame's data, not of the record
};

class CompletionChecker {
 public:
  enum Id { kShape, kSlot, kAfterData, kPhase, kSequence, kCount };

  template <class Pins>
  void cycle(std::uint64_t cycle, const Pins& bus) {
    const auto& p = bus.axi;
    const auto& r = bus.axil;
    if (!bus.rst_n) return forget();
    if ((p.awvalid | p.wvalid | p.bvalid | r.awvalid | r.wvalid) == 0) return;
    if (r.awvalid | r.wvalid) follow_register(r);
    // A burst is known from the first cycle that shows its address: its data may be accepted before it is.
    if (p.awvalid && !address_shown_) begin_burst(cycle, p.awaddr, p.awlen, p.awid);
    address_shown_ = p.awvalid && !p.awready;
    if (p.wvalid & p.wready) beat(cycle, p.wdata, p.wstrb, p.wlast != 0);
    if (p.bvalid & p.bready) response(cycle, p.bid, p.bresp);
  }

  /// Called once a frame, when its record is in memory.
  std::function<void(const FrameWrite&)> on_frame;

  std::array<Rule, kCount> rules{{
      {"CPL_SHAPE", "docs/registers.md, Completion record", "a record is one burst of four whole beats"},
      {"CPL_SLOT", "docs/registers.md, CPL_HEAD", "records fill the slots of their ring in turn"},
      {"CPL_AFTER_DATA", "docs/registers.md, Completion record",
       "a record is not sent before every data write of its frame is answered"},
      {"CPL_PHASE", "docs/registers.md, Completion record", "PHASE changes with every pass through the ring"},
      {"CPL_SEQUENCE", "docs/registers.md, Completion record",
       "sequence numbers rise, and DISCONTINUITY is set exactly where one is missing"},
  }};
  ViolationLog violations;

 private:
  static constexpr unsigned kRing = 64, kRecordBytes = 32, kRecordBeats = 4;
  struct Burst {
    bool record;
    std::uint8_t id;
    bool answered;
    bool before_reset;  // of before the last soft reset, which lets it finish: its numbers are the old ones
  };

  template <class Pins>
  void follow_register(const Pins& r) {
    if (r.awvalid & r.awready) {
      address_ = r.awaddr;
      have_address_ = true;
    }
    if (r.wvalid & r.wready) {
      data_ = r.wdata;
      have_data_ = true;
    }
    if (have_address_ && have_data_) {
      have_address_ = have_data_ = false;
      write_register(address_, data_);
    }
  }
  void write_register(std::uint16_t address, std::uint32_t value);
  /// The chip is in reset.
  void forget();
  void begin_burst(std::uint64_t cycle, std::uint64_t address, unsigned len, std::uint8_t id);
  void beat(std::uint64_t cycle, std::uint64_t data, unsigned strobes, bool last);
  void response(std::uint64_t cycle, std::uint8_t id, unsigned value);
  void check_slot(std::uint64_t cycle, std::uint64_t address);
  void check_record(std::uint64_t cycle, bool before_reset);
  [[gnu::cold]] void fail(Id id, std::uint64_t cycle, std::string text) {
    violations.add(rules[id], "bus", cycle, std::move(text));
  }

  // Registers.
  std::uint16_t address_ = 0;
  std::uint32_t data_ = 0;
  bool have_address_ = false, have_data_ = false;
  std::uint64_t base_ = 0;
  unsigned size_log2_ = 0;

  // Bursts: announced, in order; the first `sent_` of them have all their data, and may be answered in any order.
  bool address_shown_ = false;
  // SOFT_RESET was written and ENABLE not yet again: what is announced belongs to the time before it.
  bool resetting_ = false;
  std::array<Burst, kRing> bursts_{};
  unsigned head_ = 0, count_ = 0, sent_ = 0, data_outstanding_ = 0;
  unsigned record_beat_ = 0;
  std::array<std::uint64_t, kRecordBeats> record_{};

  // Frames.
  std::uint64_t index_ = 0;  // of the next record
  std::uint64_t next_sequence_ = 0;
  std::uint64_t first_address_ = 0;
  bool frame_begun_ = false, first_beat_pending_ = false;
  FrameWrite frame_;
};

}  // namespace p2p::tb
