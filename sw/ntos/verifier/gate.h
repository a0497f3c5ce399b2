// A gate: a few instructions in front of an export that every call of a driver's import runs.
#pragma once

#include "sw/ntos/verifier/irql_rules.h"

namespace p2p::verifier {

/// What the instructions of a gate know. `entry` is the first member: they jump through it.
struct Gate {
  const void* entry;  ///< p2p_gate_entry
  void* target;
  const IrqlRule* rule;
};

/// Executable instructions that pass `gate` to p2p_gate_entry; live as long as the program.
void* make_gate_code(const Gate& gate);
/// Is this address inside such instructions?
bool is_gate_code(const void* code);

}  // namespace p2p::verifier

/// Saves what arguments may be in, in either calling convention, checks, and jumps to the target.
extern "C" void p2p_gate_entry();
/// What p2p_gate_entry calls.
extern "C" void p2p_gate_check(const p2p::verifier::Gate* gate, const void* first);
