// Overloads that Microsoft's compiler finds and GCC does not: between LONG and ULONG, where an int is not yet a LONG on
// Windows; between a class and an int in ?:; and operator new where there is no operator new[] for the arguments.
#pragma once

#include <string>

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

/// Edits what the compiler's messages name. True if there was anything that was not edited yet.
bool translate_overloads(Unit& unit, const std::string& messages);

}  // namespace p2p::cc
