// Plays a sequence of steps on the whole stack and says what was wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/ks/chip/sequence.h"

namespace p2p {

/// Once per process. `driver`: the module. Random schedule and wait states by `seed`. What was wrong, a line each: a
/// status that no rule allows, a request that did not complete once, a wrong picture, a leak, a bug check, a rule of a
/// protocol checker or of the scoreboard.
std::vector<std::string> play_sequence(const std::vector<Step>& steps, std::uint64_t seed, const char* driver);

}  // namespace p2p
