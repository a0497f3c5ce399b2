#include "sw/ddk/cc/messages.h"

#include <cctype>
#include <cstdlib>
#include <sstream>

namespace p2p::cc {

std::vector<Message> errors(const std::string& messages) {
  std::vector<Message> out;
  std::istringstream lines(messages);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t error = line.find(": error: ");
    if (error == std::string::npos || error == 0) continue;
    const std::size_t column = line.rfind(':', error - 1);
    const std::size_t number = column == std::string::npos || column == 0 ? column : line.rfind(':', column - 1);
    if (number == std::string::npos) continue;
    out.push_back({line.substr(0, number), static_cast<unsigned>(std::strtoul(line.c_str() + number + 1, nullptr, 10)),
                   line.substr(error + 9)});
  }
  return out;
}

std::string last_word(const std::string& text) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::size_t end = text.size();
  while (end > 0 && !is_part(text[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_part(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

}  // namespace p2p::cc
