// capture.wav: integer PCM as it was delivered.
#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <string>

#include "proxy/stream.h"

namespace p2p::tb {

class WaveWriter {
 public:
  /// Throws std::runtime_error with one line that names `path`.
  WaveWriter(const std::string& path, const proxy::AudioFormat& format);
  void add(std::span<const std::uint8_t> samples);
  /// Finishes the file.
  void close();

 private:
  void write_header();

  std::string path_;
  proxy::AudioFormat format_;
  std::ofstream file_;
  std::uint32_t bytes_ = 0;
};

}  // namespace p2p::tb
