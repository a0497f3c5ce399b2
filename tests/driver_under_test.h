// Which module the tests of the reference driver load.
#pragma once

#include <cstdlib>

namespace p2p {

/// The path in P2P_DRIVER_UNDER_TEST, where scripts/mutate_driver.py puts a mutant; else vcapdrv of this build.
inline const char* driver_under_test() {
  const char* other = std::getenv("P2P_DRIVER_UNDER_TEST");
  return other != nullptr ? other : P2P_VCAPDRV;
}

}  // namespace p2p
