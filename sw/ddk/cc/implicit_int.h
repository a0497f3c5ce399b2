// `const Name = value;`: Microsoft's compiler takes int where a declaration names no type.
#pragma once

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

/// Writes the int that such declarations mean.
void translate_implicit_int(Unit& unit);

}  // namespace p2p::cc
