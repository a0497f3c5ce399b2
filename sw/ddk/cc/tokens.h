// Preprocessed C or C++ as tokens that know their file and line, and edits of it.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace p2p::cc {

/// A source this compiler driver refuses. what(): "file:line: what is wrong".
class SourceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Token {
  enum class Kind { kWord, kText, kMark };  // kText: strings, characters and numbers
  Kind kind;
  std::string_view text;
  unsigned file, line;
};

/// The tokens of a preprocessed unit without white space, line markers and pragmas; and what is to be written in their
/// place. Line structure stays, so that messages and debug information name the source's lines.
class Unit {
 public:
  explicit Unit(std::string text);

  std::size_t size() const { return tokens_.size(); }
  const Token& operator[](std::size_t i) const { return tokens_[i]; }
  bool is(std::size_t i, std::string_view text) const { return i < size() && tokens_[i].text == text; }
  const std::string& file(std::size_t i) const { return files_[tokens_[i].file]; }
  /// The partner of the bracket at `open`.
  std::size_t partner(std::size_t open) const;

  void replace(std::size_t i, std::string text) { replaced_[i] = std::move(text); }
  /// Behind what stands there, or what replaces it.
  void append(std::size_t i, const std::string& text) { appended_[i] += text; }
  bool is_replaced(std::size_t i) const { return replaced_.count(i) != 0; }
  bool has_appended(std::size_t i) const { return appended_.count(i) != 0; }
  bool edited() const { return !replaced_.empty() || !appended_.empty(); }
  std::string text() const;

  [[noreturn]] void refuse(std::size_t i, const std::string& why) const;

 private:
  void scan();
  std::size_t scan_line_marker(std::size_t at, unsigned* line);

  std::string text_;
  std::vector<Token> tokens_;
  std::vector<std::string> files_;
  std::map<std::size_t, std::string> replaced_, appended_;
};

}  // namespace p2p::cc
