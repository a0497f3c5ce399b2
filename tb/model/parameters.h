// The chip's parameters, as docs/vcap.md lists them.
#pragma once

#include <cstdint>

namespace p2p::model {

constexpr unsigned kMaxChannels = 4;
constexpr unsigned kMaxPlanes = 2;
constexpr unsigned kMaxReaders = kMaxPlanes * kMaxChannels;
constexpr unsigned kMaxWriters = kMaxReaders + kMaxChannels;  // the channels' planes, then their messages

struct Parameters {
  unsigned channels = 1;         ///< 1 to 4
  unsigned planes = 1;           ///< 2: frames may have chroma apart
  unsigned data_bytes = 8;       ///< of a beat of the AXI4 master: 8 or 16
  unsigned max_burst = 16;       ///< beats
  unsigned max_outstanding = 8;  ///< write bursts, of all channels
  bool cut_through = false;      ///< a burst is issued with its first beat
  unsigned fifo_depth = 1024;    ///< words of data_bytes between the clocks, a channel
  unsigned prefetch_depth = 16;  ///< descriptors, a channel
  std::uint32_t clk_khz = 125000;
};

}  // namespace p2p::model
