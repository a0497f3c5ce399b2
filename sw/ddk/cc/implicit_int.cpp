#include "sw/ddk/cc/implicit_int.h"

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
}  // namespace

void translate_implicit_int(Unit& unit) {
  for (std::size_t i = 0; i + 2 < unit.size(); ++i) {
    if (!unit.is(i, "const") || unit[i + 1].kind != Token::Kind::kWord || !unit.is(i + 2, "=")) continue;
    if (begins_declaration(unit, i)) unit.append(i, " int");
  }
}

}  // namespace p2p::cc
