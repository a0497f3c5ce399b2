#include "sim/video_source.h"

#include <string_view>

#include "sim/file_source.h"
#include "sim/pattern_source.h"

namespace p2p::sim {

void check_frame_size(const std::string& subject, unsigned width, unsigned height) {
  const bool fits = width >= 2 && width <= kMaxFrameWidth && width % 2 == 0 && height >= 1 && height <= kMaxFrameHeight;
  if (fits) return;
  throw SourceError(subject + ": frame size " + std::to_string(width) + "x" + std::to_string(height) +
                    " cannot be sent; an even width of 2 to " + std::to_string(kMaxFrameWidth) +
                    " and a height of 1 to " + std::to_string(kMaxFrameHeight) + " expected");
}

std::unique_ptr<VideoSource> open_video_source(const SourceRequest& request) {
  if (request.size) check_frame_size("--size", request.size->width, request.size->height);
  if (request.frames && *request.frames == 0) throw SourceError("--frames: 0 given; at least 1 expected");
  if (std::string_view(request.name).substr(0, kPatternPrefix.size()) == kPatternPrefix) {
    return make_pattern_source(request);
  }
  return open_file_source(request);
}

}  // namespace p2p::sim
