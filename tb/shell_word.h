// Paths in commands that are printed to be copied.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace p2p::tb {

/// As one word of a POSIX shell; in quotes only where that is needed.
inline std::string shell_word(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./@%+=:,").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace p2p::tb
