// What the kernel has to say at the end of a run, whatever the driver's hardware was.
#pragma once

#include <string>

#include "ntos/kernel.h"
#include "tb/run/options.h"
#include "tb/run/result.h"

namespace p2p::tb {

/// Counters, requests that are not completed, the bug check with its call stacks. `program`: path of the executable.
void take_kernel_results(ntos::Kernel& kernel, const std::string& program, RunResult* result);

/// Why a run is not done, from the reason for which its machine stopped.
std::string stop_text(const std::string& reason, const RunOptions& options);

/// Adds the failures that follow from them: who has the requests if the run `stuck`, what is left over if it came to
/// its end without any other failure.
void judge_leftovers(bool stuck, RunResult* result);

/// Notes that --fail-allocation has refused nothing.
void note_allocation(const RunOptions& options, RunResult* result);

}  // namespace p2p::tb
