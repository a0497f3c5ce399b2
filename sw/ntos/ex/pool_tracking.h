// What the Verifier keeps beside a block of ordinary pool, to tell at free what a driver has written over.
#pragma once

#include <cstddef>
#include <cstdint>

namespace p2p::ex {

/// Bytes before a tracked block, and as many behind it.
constexpr std::size_t kTrackingBytes = 16;

struct TrackedBlock {
  std::uint8_t* block;
  std::size_t bytes;
  std::uint32_t tag;
  std::uint64_t order;       // of allocation
  bool in_front, behind;     // which of the two there is room for
  std::size_t blocks_alive;  // when it was allocated
};
void write_tracking(const TrackedBlock& info);
/// Values that changed are bug check 0xC4: 0x13A to 0x13F before the block, 0x51 to 0x54 and 0x59 behind it.
void check_tracking(const TrackedBlock& info);

}  // namespace p2p::ex
