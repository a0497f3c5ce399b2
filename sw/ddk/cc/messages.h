// The compiler's error messages, with the places they name.
#pragma once

#include <string>
#include <vector>

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

struct Message {
  std::string file;
  unsigned line;
  std::string text;  // behind "error: "

  bool is_at(const Unit& unit, std::size_t i) const { return unit[i].line == line && unit.file(i) == file; }
};

/// The messages `file:line:column: error: text`.
std::vector<Message> errors(const std::string& messages);

/// The letters, digits and underscores at the text's end, quotes behind them left out.
std::string last_word(const std::string& text);

}  // namespace p2p::cc
