// The Driver Verifier's checks in one line each.
#pragma once

#include <cstdint>
#include <string_view>

#include "ntos/ks_support.h"

namespace p2p::ke {

/// A pointer to an object or a routine, of either calling convention, as a bug check parameter.
template <class Pointer>
std::uint64_t value_of(Pointer pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

/// Bug check 0xC4 with `sub_code` if the Verifier is on and `holds` is false.
inline void verify(bool holds, std::uint64_t sub_code, std::uint64_t p2, std::uint64_t p3, std::uint64_t p4,
                   std::string_view rule, std::string_view message) {
  if (!holds && ntos::verifier_enabled()) ntos::bug_check(0xC4, sub_code, p2, p3, p4, rule, message);
}

}  // namespace p2p::ke
