// Words for the KSSTATEs in `pin.state` events.
#pragma once

#include <array>

namespace p2p::tb {

inline constexpr std::array<const char*, 4> kKsStates{"STOP", "ACQUIRE", "PAUSE", "RUN"};  // by KSSTATE

}  // namespace p2p::tb
