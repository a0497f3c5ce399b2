// What there is to be known of a run that stands still.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace p2p::tb {

/// The pin that captures.
struct PinEvidence {
  std::uint64_t id = 0;
  std::string state;            ///< KSSTATE
  std::uint64_t irps = 0;       ///< in its queue
  std::uint64_t waiting = 0;    ///< frames from the leading edge on: not taken by the driver
  std::uint64_t clones = 0;     ///< stream pointers that the driver has cloned
  std::uint64_t completed = 0;  ///< frames that came back with data
};

/// The chip's first channel.
struct ChannelEvidence {
  bool enabled = false;
  std::uint64_t descriptors = 0;  ///< that the driver has given and the chip has not finished
  std::uint64_t records = 0;      ///< completion records that the driver has not taken
  std::uint64_t causes = 0;       ///< INTR_STATE
  std::uint64_t enables = 0;      ///< INTR_ENABLE
  std::uint64_t fifo_words = 0;   ///< pixels on their way
  std::uint64_t written = 0;      ///< CNT_FRAMES
};

struct StallEvidence {
  std::uint64_t cycle = 0;  ///< bus cycle now
  std::optional<PinEvidence> pin;
  ChannelEvidence channel;
  bool line = false;  ///< the interrupt line at the CPUs
  std::uint64_t queued_dpcs = 0;
  std::optional<std::uint64_t> last_isr, last_dpc, last_source_frame;  ///< bus cycles; of the latter its end
  bool frame_under_way = false;                                        ///< the source is in the middle of one
  std::uint64_t frame_cycles = 0;              ///< from the end of the frame before the last to its end, or its length
  std::optional<std::uint64_t> last_complete;  ///< bus cycle in which a frame last came back with data
  std::uint64_t held_samples = 0;              ///< that the application has not given back
  std::uint64_t sent = 0, delivered = 0;
  /// The same and more as people look at it: a heading and text each.
  std::vector<std::pair<std::string, std::string>> tables;
};

}  // namespace p2p::tb
