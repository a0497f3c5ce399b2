// Where frames come from: built-in patterns, or any file that FFmpeg's libraries decode. Frames are YUY2
// (Y0 U0 Y1 V0, BT.601 limited range), line after line without padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace p2p::sim {

/// Sizes the video path carries: width even, 2..4096; height 1..4096.
constexpr unsigned kMaxFrameWidth = 4096;
constexpr unsigned kMaxFrameHeight = 4096;

struct FrameSize {
  unsigned width = 0;
  unsigned height = 0;
  std::size_t line_bytes() const { return std::size_t{2} * width; }
  std::size_t bytes() const { return line_bytes() * height; }
  bool operator==(const FrameSize&) const = default;
};

/// Bad input. what() is one line that names the file or option and says what was expected.
class SourceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws SourceError unless the size is one the video path carries. `subject` starts the message ("--size", a file
/// name).
void check_frame_size(const std::string& subject, unsigned width, unsigned height);

class VideoSource {
 public:
  virtual ~VideoSource() = default;
  virtual FrameSize size() const = 0;
  /// Writes the next frame to `frame` (exactly size().bytes() bytes). False: the source has ended, `frame` is
  /// untouched. Throws SourceError when the file breaks off in a way that cannot be decoded.
  virtual bool next(std::span<std::uint8_t> frame) = 0;
  /// Frames a second of the material, if it has a rate of its own.
  virtual std::optional<double> frame_rate() const { return std::nullopt; }
};

struct SourceRequest {
  std::string name;               ///< a file, or pattern:bars | pattern:ramp | pattern:noise
  std::optional<FrameSize> size;  ///< absent: the file's own; patterns 640x480
  std::optional<std::uint64_t>
      frames;              ///< most frames; absent: to the end of the file, one for an image, endless patterns
  std::uint64_t seed = 1;  ///< pattern:noise
};

/// Opens a source; a file has been probed and its first frame decoded when this returns. A file with a single picture
/// repeats it for the requested number of frames; a longer file ends where it ends. Throws SourceError.
std::unique_ptr<VideoSource> open_video_source(const SourceRequest& request);

}  // namespace p2p::sim
