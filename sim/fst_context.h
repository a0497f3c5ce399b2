// What Verilator and its FST library keep to themselves.
#pragma once

#include <string>

class VerilatedFst;

namespace p2p::sim {

/// The writer context of an open file, for signals that no model has.
void* fst_context(VerilatedFst& file);
/// Replaces the creation date in the header of a closed FST file by spaces.
void blank_fst_date(const std::string& file);

}  // namespace p2p::sim
