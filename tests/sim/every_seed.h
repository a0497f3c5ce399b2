// Runs every case of a test binary once under each of many schedules.
#pragma once

#include <functional>

namespace p2p::test {

/// True if P2P_SCHEDULE_SEEDS=FIRST-LAST is in the environment.
bool wants_every_seed();
/// Each case of this binary under each seed, in a process of its own: `run` is called in it with the case chosen and
/// P2P_SCHEDULE_SEED set, and returns the case's exit status. Prints what failed, with the seed. 0 if nothing did,
/// 2 if the range cannot be read. GoogleTest must be initialised.
int run_every_seed(const std::function<int()>& run);

}  // namespace p2p::test
