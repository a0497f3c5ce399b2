// DDK header and the dispatcher's IRQL helpers in one include.
#pragma once

#include "sw/ntos/ddk.h"

#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/verify.h"

namespace p2p::ke {

/// Verifier: 0xC4/`sub_code` (P2 = IRQL, P3 = object) unless IRQL <= `highest`. No-op outside a simulated thread.
inline void verify_irql_at_most(KIRQL highest, std::uint64_t sub_code, const volatile void* object,
                                std::string_view rule, std::string_view message) {
  if (current_thread() == nullptr) return;
  const KIRQL irql = current_cpu().irql;
  verify(irql <= highest, sub_code, irql, value_of(object), 0, rule, message);
}

}  // namespace p2p::ke
