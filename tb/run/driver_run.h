// One driver's life on a machine: boot, load, start, an application, query-remove, unload.
#pragma once

#include <functional>
#include <string>

#include "sim/hardware.h"
#include "tb/run/options.h"
#include "tb/run/result.h"

namespace p2p::tb {

/// Runs the driver of `options` for PCI function `function` or ntos::kRootDevice until the machine stops: with
/// reason "done" after `application`, which runs in a simulated user thread, "the driver did not start" without it, or
/// a reason of its own. `entry`: its DriverEntry; `program`: path of the executable. What fails, and what the kernel
/// has to say at the end, goes into `result`.
void run_driver(Hardware& machine, const RunOptions& options, void* entry, unsigned function,
                const std::string& program, const std::function<void()>& application, RunResult* result);

}  // namespace p2p::tb
