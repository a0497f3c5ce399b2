#include "sw/ntos/pnp/pci_capability.h"

#include "sw/ntos/ddk.h"

#include "sw/ntos/ke/machine.h"

namespace p2p::pnp {

unsigned find_capability(unsigned function, std::uint32_t id) {
  constexpr unsigned kStatus = 0x06, kCapabilities = 0x34;
  constexpr std::uint32_t kHasCapabilities = 0x10;
  const auto read = [function](unsigned offset, unsigned bytes) {
    return ke::hardware().config_read(function, offset, bytes);
  };
  if ((read(kStatus, 2) & kHasCapabilities) == 0) return 0;
  unsigned at = read(kCapabilities, 1) & 0xFC;
  for (unsigned steps = 0; at != 0 && steps < 48; ++steps) {  // a list that loops ends too
    if (read(at, 1) == id) return at;
    at = read(at + 1, 1) & 0xFC;
  }
  return 0;
}

}  // namespace p2p::pnp
