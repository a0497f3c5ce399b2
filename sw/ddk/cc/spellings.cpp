#include "sw/ddk/cc/spellings.h"

#include <algorithm>
#include <array>

namespace p2p::cc {

namespace {
bool is_storage_class(std::string_view text) {
  constexpr std::array<std::string_view, 5> kWords = {"static", "extern", "register", "volatile", "inline"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

/// Nothing that could be a type stands between the declaration's beginning and token `i`.
bool begins_declaration(const Unit& unit, std::size_t i) {
  while (i > 0 && is_storage_class(unit[i - 1].text)) --i;
  if (i == 0) return true;
  const Token& before = unit[i - 1];
  if (before.kind == Token::Kind::kText) return i > 1 && unit.is(i - 2, "extern");  // extern "C"
  return before.text == ";" || before.text == "{" || before.text == "}" || before.text == ":";
}

void translate_implicit_int(Unit& unit) {
  for (std::size_t i = 0; i + 2 < unit.size(); ++i) {
    if (!unit.is(i, "const") || unit[i + 1].kind != Token::Kind::kWord || !unit.is(i + 2, "=")) continue;
    if (begins_declaration(unit, i)) unit.append(i, " int");
  }
}

/// i64 and ui64 of a number, in any case; i32 and less say nothing.
void translate_suffixes(Unit& unit) {
  for (std::size_t i = 0; i < unit.size(); ++i) {
    const std::string_view text = unit[i].text;
    if (unit[i].kind != Token::Kind::kText || text.size() < 4 || text[0] < '0' || text[0] > '9') continue;
    const std::size_t suffix = text.find_last_of("iI");
    if (suffix == std::string_view::npos || suffix == 0 || text.substr(suffix + 1) != "64") continue;
    const bool is_unsigned = text[suffix - 1] == 'u' || text[suffix - 1] == 'U';
    const std::string_view digits = text.substr(0, is_unsigned ? suffix - 1 : suffix);
    unit.replace(i, std::string(digits) + (is_unsigned ? "ULL" : "LL"));
  }
}

/// A wide string that a macro made with L#x: GCC leaves a space between.
void translate_wide_strings(Unit& unit) {
  for (std::size_t i = 0; i + 1 < unit.size(); ++i) {
    if (!unit.is(i, "L") || unit[i + 1].kind != Token::Kind::kText || unit[i + 1].text.front() != '"') continue;
    unit.replace(i, "");
    unit.replace(i + 1, "L" + std::string(unit[i + 1].text));
  }
}
/// `f(a, )`: a macro's `, __VA_ARGS__` without arguments.
void translate_empty_arguments(Unit& unit) {
  for (std::size_t i = 0; i + 1 < unit.size(); ++i) {
    if (unit.is(i, ",") && unit.is(i + 1, ")")) unit.replace(i, " ");
  }
}
}  // namespace

void translate_spellings(Unit& unit) {
  translate_implicit_int(unit);
  translate_suffixes(unit);
  translate_wide_strings(unit);
  translate_empty_arguments(unit);
}

}  // namespace p2p::cc
