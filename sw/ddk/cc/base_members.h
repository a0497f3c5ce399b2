// Members of a base class that depends on a template's parameter: Microsoft's compiler looks them up when the template
// is instantiated, standard C++ wants this->.
#pragma once

#include <string>

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

/// Puts this-> before the names that the compiler's messages call undeclared, where they stand in a class template with
/// bases. True if there were any that had none yet.
bool translate_base_members(Unit& unit, const std::string& messages);

}  // namespace p2p::cc
