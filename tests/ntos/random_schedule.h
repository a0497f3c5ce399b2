// Whether a test's kernel runs the fifo schedule or, with P2P_SCHEDULE_SEED=N in the environment, the random one.
#pragma once

#include <cstdlib>

#include "ntos/kernel.h"

namespace p2p::test {

/// `config` with what the environment asks for. A case that needs one schedule sets it itself afterwards.
inline ntos::KernelConfig with_schedule(ntos::KernelConfig config) {
  if (const char* seed = std::getenv("P2P_SCHEDULE_SEED"); seed != nullptr) {
    config.schedule = ntos::Schedule::kRandom;
    config.seed = std::strtoull(seed, nullptr, 10);
  }
  return config;
}

}  // namespace p2p::test
