// What AVStream's pins hold at this moment, for people (ntos/inspect.h). Plain C++: no DDK header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace p2p::ks {

struct QueuedIrp {
  std::uint64_t id = 0;               ///< of the IRP, as in events
  std::vector<std::uint64_t> frames;  ///< numbers of those not complete
};

struct HeldFrame {
  std::uint64_t frame = 0;
  bool locked = false;
};

struct PinState {
  std::uint64_t id = 0;  ///< as in events
  unsigned type = 0;     ///< KSPIN.Id: the index of its descriptor
  std::string state;     ///< KSSTATE: "STOP", "ACQUIRE", "PAUSE", "RUN"
  bool open = false;     ///< its queue takes requests
  std::vector<QueuedIrp> irps;
  HeldFrame leading;              ///< frame 0: at no frame, nothing waits
  std::uint64_t waiting = 0;      ///< frames from the leading edge on
  std::vector<HeldFrame> clones;  ///< stream pointers that drivers have cloned
  std::uint64_t arrived = 0;      ///< frames since the queue was made
};

/// By id.
std::vector<PinState> pin_states();

}  // namespace p2p::ks
