// What Microsoft's compiler takes and GCC does not: `const Name = value;` is an int; 1I64, 1ui64; L#x of a macro;
// f(a, ) of a macro with `, __VA_ARGS__`.
#pragma once

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

/// Writes what they mean.
void translate_spellings(Unit& unit);

}  // namespace p2p::cc
