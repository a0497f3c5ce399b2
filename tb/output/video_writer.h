// capture.mkv: the delivered frames, lossless (FFV1), byte-identical for identical frames.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace p2p::tb {

class VideoWriter {
 public:
  /// Frames are YUY2, width even. Throws std::runtime_error with one line that names `path`.
  VideoWriter(const std::string& path, unsigned width, unsigned height, double frames_per_second);
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;
  void add(std::span<const std::uint8_t> yuy2);
  /// Finishes the file; without frames there is no file.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace p2p::tb
