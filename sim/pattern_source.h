// Built-in pictures. Every frame of pattern:bars differs visibly from its neighbours, so that a repeated or lost frame
// shows.
#pragma once

#include <memory>
#include <string_view>

#include "sim/video_source.h"

namespace p2p::sim {

/// Prefix of the names of built-in patterns.
constexpr std::string_view kPatternPrefix = "pattern:";

/// `request.name` is pattern:bars (colour bars, the frame number in big digits that move, and as 16 black or white
/// cells, most significant left, along the bottom), pattern:ramp (a luma ramp that shifts by one step a frame) or
/// pattern:noise (every byte from `request.seed`). Throws SourceError.
std::unique_ptr<VideoSource> make_pattern_source(const SourceRequest& request);

}  // namespace p2p::sim
