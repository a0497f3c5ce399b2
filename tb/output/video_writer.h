// capture.mkv: the delivered frames, lossless (FFV1), byte-identical for identical frames.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "proxy/stream.h"

namespace p2p::tb {

class VideoWriter {
 public:
  /// YUV is stored as 4:2:2, its width even; RGB as it is. Throws std::runtime_error with one line that names `path`.
  VideoWriter(const std::string& path, const proxy::VideoFormat& pictures, double frames_per_second);
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;
  /// A picture of the format's size.
  void add(std::span<const std::uint8_t> picture);
  /// Finishes the file; without frames there is no file.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace p2p::tb
