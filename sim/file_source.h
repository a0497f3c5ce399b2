// Any file FFmpeg's libraries decode, as YUY2 frames.
#pragma once

#include <memory>

#include "sim/video_source.h"

namespace p2p::sim {

/// Decodes with one thread and bit-exact scaling, so that frames do not depend on the machine. Throws SourceError.
std::unique_ptr<VideoSource> open_file_source(const SourceRequest& request);

}  // namespace p2p::sim
