#include "sw/ddk/cc/tokens.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace p2p::cc {

namespace {
bool word_begins(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || static_cast<signed char>(c) < 0;
}
bool word_goes_on(char c) { return word_begins(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Behind a string or character constant that opens at `at`.
std::size_t quoted_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != quote && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

/// Behind a raw string whose R stands before the quote at `at`.
std::size_t raw_end(std::string_view text, std::size_t at) {
  const std::size_t open = text.find('(', at);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
  const std::size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

std::size_t number_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const bool exponent_sign =
        (text[at] == '+' || text[at] == '-') && std::string_view("eEpP").find(text[at - 1]) != std::string_view::npos;
    const bool separator = text[at] == '\'' && at + 1 < text.size() && word_goes_on(text[at + 1]);
    if (!word_goes_on(text[at]) && text[at] != '.' && !exponent_sign && !separator) break;
    ++at;
  }
  return at;
}
}  // namespace

Unit::Unit(std::string text) : text_(std::move(text)) { scan(); }

// `# 12 "file.c" 2`: the next line is line 12 of that file. Other lines that begin with # are pragmas.
std::size_t Unit::scan_line_marker(std::size_t at, unsigned* line) {
  const std::size_t end = std::min(text_.find('\n', at), text_.size());
  const std::string_view marker(text_.data() + at, end - at);
  const std::size_t digit = marker.find_first_not_of("# \tline");
  const std::size_t open = marker.find('"'), close = marker.rfind('"');
  if (digit == std::string_view::npos || std::isdigit(static_cast<unsigned char>(marker[digit])) == 0) return end;
  *line = static_cast<unsigned>(std::strtoul(marker.data() + digit, nullptr, 10)) - 1;
  if (open < close) files_.emplace_back(marker.substr(open + 1, close - open - 1));
  return end;
}

void Unit::scan() {
  const std::string_view text = text_;
  files_.emplace_back("?");
  unsigned line = 1;
  bool line_begins = true;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\n') {
      ++line;
      line_begins = true;
      ++at;
      continue;
    }
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
      continue;
    }
    if (c == '#' && line_begins) {
      at = scan_line_marker(at, &line);
      continue;
    }
    line_begins = false;
    std::size_t end = at + 1;
    Token::Kind kind = Token::Kind::kMark;
    if (word_begins(c)) {
      kind = Token::Kind::kWord;
      while (end < text.size() && word_goes_on(text[end])) ++end;
      if (end < text.size() && text[end] == '"' && text[end - 1] == 'R') {
        kind = Token::Kind::kText;
        end = raw_end(text, end);
      }
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      kind = Token::Kind::kText;
      end = number_end(text, end);
    } else if (c == '"' || c == '\'') {
      kind = Token::Kind::kText;
      end = quoted_end(text, at);
    }
    const std::string_view token = text.substr(at, end - at);
    tokens_.push_back({kind, token, static_cast<unsigned>(files_.size() - 1), line});
    line += static_cast<unsigned>(std::count(token.begin(), token.end(), '\n'));
    at = end;
  }
}

std::size_t Unit::partner(std::size_t open) const {
  const std::string_view opening = tokens_[open].text, closing = opening == "(" ? ")" : "}";
  std::size_t depth = 0;
  for (std::size_t i = open; i < size(); ++i) {
    if (tokens_[i].text == opening) ++depth;
    if (tokens_[i].text == closing && --depth == 0) return i;
  }
  refuse(open, "this bracket is never closed");
}

std::string Unit::text() const {
  std::string out;
  const char* from = text_.data();
  for (std::size_t i = 0; i < size(); ++i) {
    const auto replaced = replaced_.find(i);
    const auto appended = appended_.find(i);
    if (replaced == replaced_.end() && appended == appended_.end()) continue;
    const std::string_view token = tokens_[i].text;
    out.append(from, token.data());
    out += replaced != replaced_.end() ? replaced->second : std::string(token);
    if (appended != appended_.end()) out += appended->second;
    from = token.data() + token.size();
  }
  out.append(from, text_.data() + text_.size());
  return out;
}

void Unit::refuse(std::size_t i, const std::string& why) const {
  const Token& token = tokens_[std::min(i, size() - 1)];
  throw SourceError(files_[token.file] + ":" + std::to_string(token.line) + ": error: " + why);
}

}  // namespace p2p::cc
