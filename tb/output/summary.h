// summary.json: keys are a contract (README, "Use it").
#pragma once

#include <string>

#include "tb/run/result.h"

namespace p2p::tb {

std::string summary_json(const RunResult& result);

}  // namespace p2p::tb
