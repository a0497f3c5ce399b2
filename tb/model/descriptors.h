// Descriptors read ahead of the engine: in bursts that cross neither 4 KiB nor the end of the ring, half of what may be
// held at a time.
#pragma once

#include <cstdint>

#include "tb/model/pins.h"
#include "tb/model/queue.h"

namespace p2p::model {

struct Descriptor {
  std::uint64_t address = 0;
  std::uint32_t length = 0;
  bool first = false, last = false;
  std::uint16_t cookie = 0, index = 0;
};

/// An access that ended badly: what ERR_CAUSE and ERR_ADDR keep.
struct BusFault {
  bool raised = false;
  std::uint8_t response = 0;
  std::uint64_t address = 0;
  std::uint16_t index = 0;
};

class Descriptors {
 public:
  struct Ring {
    std::uint64_t base = 0;
    unsigned size_log2 = 0;
    std::uint16_t tail = 0;
  };
  struct Edge {
    bool may_read = false;
    bool restart = false;
    std::uint16_t restart_index = 0;
    Ring ring;
    bool pop = false;
    bool address_taken = false;  ///< ARREADY for this channel
    bool beat = false;           ///< R for this channel
    Lanes data;
    std::uint8_t response = 0;
    bool last_beat = false;
  };

  Descriptors(unsigned data_bytes, unsigned depth)
      : beats_each_(data_bytes == 16 ? 1 : 2), batch_(depth / 2), depth_(depth), held_(depth) {}

  bool available() const { return !held_.empty() && !restart_due_; }
  const Descriptor& front() const { return held_.front(); }
  bool restarting() const { return restart_due_; }
  bool busy() const { return reading_ || restart_due_; }
  const BusFault& fault() const { return fault_; }

  bool arvalid() const { return arvalid_; }
  std::uint64_t araddr() const { return araddr_; }
  std::uint8_t arlen() const { return arlen_; }

  void edge(const Edge& e);
  void reset() { *this = Descriptors(beats_each_ == 1 ? 16 : 8, depth_); }
  void preset_index(std::uint16_t value) { next_ = arriving_ = value; }

 private:
  std::uint16_t to_ask_for(const Ring& ring) const;
  void ask(const Ring& ring, std::uint16_t count);
  void take_beat(const Edge& e);

  unsigned beats_each_, batch_, depth_;
  Queue<Descriptor> held_;
  std::uint16_t next_ = 0;      // index to ask for
  std::uint16_t arriving_ = 0;  // index of the next to arrive
  bool arvalid_ = false, reading_ = false, second_half_ = false, failed_ = false;
  std::uint64_t araddr_ = 0, first_half_ = 0;
  std::uint8_t arlen_ = 0;
  bool restart_due_ = false;
  std::uint16_t restart_index_ = 0;
  BusFault fault_;
};

}  // namespace p2p::model
