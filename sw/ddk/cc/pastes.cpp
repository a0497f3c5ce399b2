#include "sw/ddk/cc/pastes.h"

#include <sstream>
#include <string_view>

#include "sw/ddk/cc/tokens.h"

namespace p2p::cc {

namespace {
constexpr std::string_view kDefine = "#define ";

bool is_text_beside_paste(const Unit& macro, std::size_t i) {
  return i < macro.size() && (macro.is(i, "__FUNCTION__") || macro[i].text.front() == '"');
}

/// One #define in one line.
std::string without_pastes(const std::string& define) {
  Unit macro(define.substr(1));  // without its #, which would make it a pragma
  for (std::size_t i = 1; i + 2 < macro.size(); ++i) {
    if (!macro.is(i, "#") || !macro.is(i + 1, "#")) continue;
    if (!is_text_beside_paste(macro, i - 1) && !is_text_beside_paste(macro, i + 2)) continue;
    macro.replace(i, " ");
    macro.replace(i + 1, " ");
  }
  return "#" + macro.text();
}

/// `# 0 "<built-in>"` begins what the compiler will define again; the command line's macros it is not told again.
bool is_line_marker(const std::string& line) {
  return line.size() > 2 && line[0] == '#' && line[1] == ' ' && line.find('"') != std::string::npos;
}
}  // namespace

bool failed_at_paste(const std::string& messages) {
  return messages.find("does not give a valid preprocessing token") != std::string::npos;
}

std::string without_string_pastes(const std::string& directives_only) {
  std::istringstream in(directives_only);
  std::string out;
  bool own = false;
  for (std::string line; std::getline(in, line); out += line + "\n") {
    if (is_line_marker(line)) own = line.find("\"<built-in>\"") != std::string::npos;
    if (line.compare(0, kDefine.size(), kDefine) != 0) continue;
    if (own) {
      line.clear();
    } else if (line.find("##") != std::string::npos) {
      line = without_pastes(line);
    }
  }
  return out;
}

}  // namespace p2p::cc
