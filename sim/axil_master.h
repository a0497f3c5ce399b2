// The CPU side of the chip's AXI4-Lite registers as a synchronous state machine in the bus clock domain: one access at
// a time, in the order submitted. No SystemC here.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sim/attention.h"
#include "sim/bus_listener.h"
#include "sim/config.h"
#include "sim/random.h"

namespace p2p::sim {

/// One 32-bit register access. `done` becomes true at the simulated time of its response.
struct RegisterAccess {
  std::uint16_t address = 0;  ///< multiple of 4
  bool write = false;
  std::uint8_t strobes = 0;
  std::uint32_t data = 0;
  std::uint8_t response = 0;  ///< AXI code
  bool done = false;
};

class AxilMaster {
 public:
  AxilMaster(const BusTiming& timing, std::uint64_t seed, Attention& attention);

  /// Seen by the chip from the next bus clock edge on.
  void submit(std::shared_ptr<RegisterAccess> access) { queue_.push_back(std::move(access)); }
  /// The chip was reset: nobody answers what is in flight or queued (DECERR), outputs fall.
  void reset();
  /// Marks the accesses that ended in the cycle in hand as done; true if there were any.
  bool deliver();
  std::uint64_t accesses() const { return accesses_; }
  /// Is told of every access; nullptr: nobody.
  void set_listener(BusListener* listener) { listener_ = listener; }

  template <class Pins>
  void sample(const Pins& pins) {
    changed_ = false;
    if (!current_ && queue_.empty()) return;
    if (!current_) begin();
    if (current_->write) {
      sample_write(pins);
    } else {
      sample_read(pins);
    }
  }
  template <class Model>
  void drive(Model& model) const {
    if (!changed_) return;
    model.s_axil_awaddr = address_;
    model.s_axil_awprot = 0;
    model.s_axil_awvalid = awvalid_;
    model.s_axil_wdata = wdata_;
    model.s_axil_wstrb = wstrb_;
    model.s_axil_wvalid = wvalid_;
    model.s_axil_bready = bready_;
    model.s_axil_araddr = address_;
    model.s_axil_arprot = 0;
    model.s_axil_arvalid = arvalid_;
    model.s_axil_rready = rready_;
  }

 private:
  template <class Pins>
  void sample_write(const Pins& pins) {
    step_request(awvalid_, pins.awready, address_sent_, address_wait_);
    step_request(wvalid_, pins.wready, data_sent_, data_wait_);
    if (step_response(bready_, pins.bvalid)) finish(pins.bresp);
  }
  template <class Pins>
  void sample_read(const Pins& pins) {
    step_request(arvalid_, pins.arready, address_sent_, address_wait_);
    if (step_response(rready_, pins.rvalid)) {
      current_->data = pins.rdata;
      finish(pins.rresp);
    }
  }
  /// Raises `valid` when its wait is over and drops it once taken.
  void step_request(std::uint8_t& valid, std::uint8_t ready, bool& sent, unsigned& wait);
  /// Raises `ready` when its wait is over; true in the cycle of the handshake.
  bool step_response(std::uint8_t& ready, std::uint8_t valid);
  void begin();
  void finish(std::uint8_t response);
  void take_back(std::uint8_t response);
  unsigned draw() { return always_ready_ ? 0 : random_.between(gap_.min, gap_.max); }

  Latency gap_;
  bool always_ready_;
  Random random_;
  Attention& attention_;
  BusListener* listener_ = nullptr;
  std::deque<std::shared_ptr<RegisterAccess>> queue_;
  std::shared_ptr<RegisterAccess> current_;
  std::vector<std::shared_ptr<RegisterAccess>> ended_;
  std::uint64_t accesses_ = 0;
  unsigned address_wait_ = 0, data_wait_ = 0, response_wait_ = 0;
  bool address_sent_ = false, data_sent_ = false;
  bool changed_ = false;
  std::uint16_t address_ = 0;
  std::uint32_t wdata_ = 0;
  std::uint8_t wstrb_ = 0, awvalid_ = 0, wvalid_ = 0, bready_ = 0, arvalid_ = 0, rready_ = 0;
};

}  // namespace p2p::sim
