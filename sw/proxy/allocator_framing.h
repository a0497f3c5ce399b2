// What a pin wants of the buffers that it is given (R-ALC-1), and agreeing with it.
#pragma once

#include <optional>
#include <string>

#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

/// Zero or one: no wish.
struct FramingWish {
  ULONG frames = 0;
  ULONG least_bytes = 0;
  ULONG alignment = 1;        ///< bytes
  const char* from = "none";  ///< which property said so: "ex", "simple"
};

/// The first item: a pin lists what it likes best first.
FramingWish wish_of(const KSALLOCATOR_FRAMING_EX& framing);
FramingWish wish_of(const KSALLOCATOR_FRAMING& framing);

/// Asks the pin: the extended framing, else the simple one. A pin that has neither has no wish, which is no error.
FramingWish query_framing(IKsControl& pin);

/// Makes `properties` what both sides can live with: the application's count, if it names one (cBuffers is not 0), the
/// larger size and alignment. What cannot be met, for people, or nothing.
std::optional<std::string> agree(const FramingWish& wish, ALLOCATOR_PROPERTIES* properties);

}  // namespace p2p::proxy
