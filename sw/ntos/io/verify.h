// The I/O verifier's checks in one line each: bug check 0xC9.
#pragma once

#include "sw/ntos/ddk.h"

#include <string_view>

#include "sw/ntos/ke/verify.h"

namespace p2p::io {

using ke::value_of;

/// Bug check 0xC9 with `sub_code` if the Verifier is on and `holds` is false. What p2 to p4 are depends on the
/// sub-code.
inline void verify(bool holds, std::uint64_t sub_code, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
                   std::string_view rule, std::string_view message) {
  if (!holds && ntos::verifier_enabled()) ntos::bug_check(0xC9, sub_code, p2, p3, p4, rule, message);
}

}  // namespace p2p::io
