// One capture: the machine, the kernel, the driver, the application, and everything that watches them.
#pragma once

#include "tb/output/output_folder.h"
#include "tb/run/options.h"
#include "tb/run/result.h"

namespace p2p::tb {

/// Runs and writes every output but summary and report into `folder`. Throws UsageError and sim::SourceError for bad
/// input. `program`: path of the executable, to find drivers by name. Once per process.
RunResult run_capture(const RunOptions& options, const OutputFolder& folder, const std::string& program);

}  // namespace p2p::tb
