// The memory side of the chip's AXI4 master as a synchronous state machine in the bus clock domain. Whole bursts go to
// a BurstPort; back-pressure and latencies are drawn from one seeded generator. No SystemC here.
//
// A burst reaches memory in the cycle its last W beat (or its address, if that is later) is accepted; its B follows
// after b_latency. A read burst is fetched in the cycle its first beat is driven. Responses keep request order.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sim/bus_faults.h"
#include "sim/bus_listener.h"
#include "sim/config.h"
#include "sim/random.h"
#include "sim/stall_gate.h"

namespace p2p::sim {

/// Where bursts go. Called from the clock loop; must not block. Addresses are aligned to the 8 byte beat.
class BurstPort {
 public:
  virtual ~BurstPort() = default;
  virtual AxiResponse write(std::uint64_t address, std::span<const std::uint64_t> beats,
                            std::span<const std::uint8_t> strobes, bool all_strobes) = 0;
  virtual AxiResponse read(std::uint64_t address, std::span<std::uint64_t> beats) = 0;
};

struct AxiCounters {
  std::uint64_t write_bursts = 0, write_beats = 0;
  std::uint64_t read_bursts = 0, read_beats = 0;
  std::uint64_t error_responses = 0;
  /// Bursts this slave does not carry (narrow, FIXED, WRAP, WLAST at the wrong beat): answered SLVERR, memory
  /// untouched.
  std::uint64_t unsupported_bursts = 0;
};

class AxiSlave {
 public:
  AxiSlave(const BusTiming& timing, std::uint64_t seed, BurstPort& port);
  AxiSlave(const AxiSlave&) = delete;  // the gates refer to random_
  AxiSlave& operator=(const AxiSlave&) = delete;

  /// Before the rising edge `cycle`: takes handshakes and computes the outputs of the next cycle.
  template <class Pins>
  [[gnu::always_inline]] inline void sample(std::uint64_t cycle, const Pins& pins) {
    changed_ = false;
    if (!(pins.awvalid | pins.wvalid | pins.arvalid | busy_)) return;
    sample_writes(cycle, pins);
    sample_reads(cycle, pins);
    busy_ = (aw_count_ | b_count_ | ar_count_) != 0 || w_complete_ || r_active_ || bvalid_ || aw_gate_.closed() ||
            w_gate_.closed() || ar_gate_.closed() || r_gate_.closed() || (awready_ & wready_ & arready_) == 0;
  }
  /// After the edge: drives what sample() computed.
  template <class Model>
  void drive(Model& model) const {
    if (!changed_) return;
    model.m_axi_awready = awready_;
    model.m_axi_wready = wready_;
    model.m_axi_bvalid = bvalid_;
    model.m_axi_bid = bid_;
    model.m_axi_bresp = bresp_;
    model.m_axi_arready = arready_;
    model.m_axi_rvalid = rvalid_;
    model.m_axi_rid = rid_;
    model.m_axi_rresp = rresp_;
    model.m_axi_rlast = rlast_;
    model.m_axi_rdata = rdata_;
  }

  /// The chip was reset: bursts in flight are forgotten, outputs fall.
  void reset();
  const AxiCounters& counters() const { return counters_; }
  /// Is told of every burst; nullptr: nobody.
  void set_listener(BusListener* listener) { listener_ = listener; }

 private:
  static constexpr unsigned kRing = 64;  // entries of every queue, a power of two
  static constexpr unsigned kMaxAddresses = 16;
  static constexpr unsigned kMaxResponses = 32;
  static constexpr unsigned kMaxBeats = 256;

  struct Address {
    std::uint64_t address;
    std::uint64_t due;  // reads: cycle from which the first beat may be driven
    std::uint16_t beats;
    std::uint8_t id;
    bool supported;
  };
  struct Response {
    std::uint64_t due;  // cycle after which bvalid may be driven
    std::uint8_t id;
    std::uint8_t resp;
  };

  template <class Pins>
  [[gnu::always_inline]] inline void sample_writes(std::uint64_t cycle, const Pins& pins) {
    if (pins.awvalid & awready_) {
      take_write_address(pins.awaddr, pins.awlen, pins.awsize, pins.awburst, pins.awid);
      aw_gate_.handshake();
      if (w_complete_) finish_write(cycle);
    }
    if (pins.wvalid & wready_) {
      data_[w_beats_] = pins.wdata;
      strobes_[w_beats_] = pins.wstrb;
      all_strobes_ &= pins.wstrb;
      ++w_beats_;
      w_gate_.handshake();
      if (pins.wlast || w_beats_ == kMaxBeats) {
        w_complete_ = true;
        if (aw_count_ != 0) finish_write(cycle);
      }
    }
    if (bvalid_ & pins.bready) {
      set(bvalid_, 0);
      if (listener_ != nullptr) listener_->burst_ends(true, bid_, bresp_);
    }
    if (!bvalid_ && b_count_ != 0) {
      if (timing_.reorder) {
        bring_forward(cycle);
      }
      if (b_ring_[b_head_ % kRing].due <= cycle) next_response();
    }
    aw_gate_.tick();
    w_gate_.tick();
    set(awready_, aw_gate_.open() && aw_count_ < kMaxAddresses && aw_count_ + b_count_ < kMaxResponses);
    set(wready_, w_gate_.open() && !w_complete_);
  }
  template <class Pins>
  [[gnu::always_inline]] inline void sample_reads(std::uint64_t cycle, const Pins& pins) {
    if (pins.arvalid & arready_) {
      take_read_address(cycle, pins.araddr, pins.arlen, pins.arsize, pins.arburst, pins.arid);
      ar_gate_.handshake();
    }
    if (rvalid_ & pins.rready) {
      set(rvalid_, 0);
      if (++r_beat_ == r_beats_) {
        r_active_ = false;
        if (listener_ != nullptr) listener_->burst_ends(false, rid_, rresp_);
      }
      r_gate_.handshake();
    }
    r_gate_.tick();
    if (!rvalid_) {
      if (!r_active_ && ar_count_ != 0 && ar_ring_[ar_head_ % kRing].due <= cycle) begin_read();
      if (r_active_ && r_gate_.open()) drive_read_beat();
    }
    ar_gate_.tick();
    set(arready_, ar_gate_.open() && ar_count_ < kMaxAddresses);
  }
  void set(std::uint8_t& output, bool value) {
    if (output != static_cast<std::uint8_t>(value)) {
      output = value;
      changed_ = true;
    }
  }
  void take_write_address(std::uint64_t address, unsigned length, unsigned size, unsigned burst, std::uint8_t id);
  void take_read_address(std::uint64_t cycle, std::uint64_t address, unsigned length, unsigned size, unsigned burst,
                         std::uint8_t id);
  void finish_write(std::uint64_t cycle);
  /// Puts one of the responses that are due, and no older one of its ID waits, at the head.
  [[gnu::cold]] void bring_forward(std::uint64_t cycle);
  void next_response();
  void begin_read();
  void drive_read_beat();
  unsigned draw(const Latency& latency);

  BurstPort& port_;
  BusListener* listener_ = nullptr;
  BusTiming timing_;
  Random random_;
  StallGate aw_gate_, w_gate_, ar_gate_, r_gate_;
  AxiCounters counters_;

  std::uint8_t awready_ = 0, wready_ = 0, bvalid_ = 0, bid_ = 0, bresp_ = 0;
  std::uint8_t arready_ = 0, rvalid_ = 0, rid_ = 0, rresp_ = 0, rlast_ = 0;
  std::uint64_t rdata_ = 0;
  bool changed_ = false;
  bool busy_ = true;  // the readies still have to rise

  unsigned aw_head_ = 0, aw_count_ = 0, b_head_ = 0, b_count_ = 0, ar_head_ = 0, ar_count_ = 0;
  unsigned w_beats_ = 0;
  bool w_complete_ = false;
  std::uint8_t all_strobes_ = 0xFF;
  bool r_active_ = false;
  unsigned r_beat_ = 0, r_beats_ = 0;

  std::array<Address, kRing> aw_ring_{}, ar_ring_{};
  std::array<Response, kRing> b_ring_{};
  std::array<std::uint64_t, kMaxBeats> data_{};
  std::array<std::uint8_t, kMaxBeats> strobes_{};
  std::array<std::uint64_t, kMaxBeats> read_data_{};
};

}  // namespace p2p::sim
