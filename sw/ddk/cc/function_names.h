// __FUNCTION__ beside a string: with Microsoft's compiler it is a string constant, and the two become one.
#pragma once

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

/// Writes the enclosing function's name, without class and namespace, for each such __FUNCTION__.
void translate_function_names(Unit& unit);

}  // namespace p2p::cc
