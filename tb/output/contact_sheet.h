// contact.png: the delivered frames as small pictures, numbered, at most 30 of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proxy/stream.h"

namespace p2p::tb {

class ContactSheet {
 public:
  ContactSheet(const proxy::VideoFormat& pictures, std::uint64_t frames_expected);
  /// A picture of the format's size; every n-th is kept so that 30 cover the clip.
  void add(std::span<const std::uint8_t> picture, std::uint64_t number);
  /// Throws std::runtime_error with one line that names `path`.
  void write(const std::string& path) const;

 private:
  struct Picture {
    std::uint64_t number;
    std::vector<std::uint8_t> rgb;
  };
  proxy::VideoFormat format_;
  unsigned small_width_, small_height_;
  std::uint64_t step_;
  std::vector<Picture> pictures_;
};

}  // namespace p2p::tb
