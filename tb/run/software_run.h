// `--device none`: a driver that brings its own hardware, on a machine without the chip.
#pragma once

#include "tb/output/output_folder.h"
#include "tb/run/options.h"
#include "tb/run/result.h"

namespace p2p::tb {

/// As run_capture(): loads the driver for a device on the root bus and streams from whatever pins it offers. Writes
/// capture.mkv and contact.png of a video stream, capture.wav of an audio stream. Throws UsageError for bad input.
RunResult run_without_device(const RunOptions& options, const OutputFolder& folder, const std::string& program);

}  // namespace p2p::tb
