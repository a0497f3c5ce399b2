// __try, __except, __finally and __leave as calls of sw/ddk/crt/seh.c (see there for how they work).
#pragma once

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

/// Translates every __try statement; true if there was one. Throws SourceError for what has no meaning or none here: a
/// __try without a handler, a jump out of a __finally, an intrinsic of a handler outside one.
bool translate_seh(Unit& unit);

}  // namespace p2p::cc
