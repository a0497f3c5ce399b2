// At which IRQL an exported function may be called: the table irql_table.inc as data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sw/ntos/ddk.h"

namespace p2p::verifier {

struct IrqlRule {
  std::string_view function;  ///< name of the export, or of the entry of DMA_OPERATIONS
  KIRQL lowest, highest;
  std::uint32_t sub_code;  ///< parameter 1 of bug check 0xC4; 0: not checked where an import is bound
};

/// The table in its order.
std::span<const IrqlRule> irql_rules();
/// The row of a function, or nullptr.
const IrqlRule* find_irql_rule(std::string_view function);
/// Microsoft's name of the rule with this sub-code ("IrqlKeDispatchLte").
std::string_view rule_name(std::uint32_t sub_code);

/// Stops the machine if the caller of `rule.function` is at an IRQL that the rule does not allow (R-IRQL-2), or, for a
/// Zw function, if its APCs are off. `first` is the call's first argument, parameter 3 of the bug check where that is
/// the object. No-op with the Verifier off and outside simulated threads.
void check_irql(const IrqlRule& rule, const void* first);

}  // namespace p2p::verifier
