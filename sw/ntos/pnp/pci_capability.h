// The list of capabilities in a PCI function's configuration space.
#pragma once

#include <cstdint>

namespace p2p::pnp {

constexpr std::uint32_t kPowerManagementCapability = 0x01, kMessageCapability = 0x05;

/// Offset of the capability with this id; 0 if the function has none.
unsigned find_capability(unsigned function, std::uint32_t id);

}  // namespace p2p::pnp
