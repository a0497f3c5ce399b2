// Numbers as people write them.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace p2p {

/// "0x1F"
inline std::string hex(std::uint64_t number) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "0x%llX", static_cast<unsigned long long>(number));
  return text.data();
}

/// "1 frame", "2 frames"
inline std::string count(std::uint64_t number, std::string_view one) {
  return std::to_string(number) + " " + std::string(one) + (number == 1 ? "" : "s");
}

}  // namespace p2p
