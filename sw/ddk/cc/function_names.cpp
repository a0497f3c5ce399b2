#include "sw/ddk/cc/function_names.h"

#include <utility>

namespace p2p::cc {

namespace {
bool is_string(const Unit& unit, std::size_t i) {
  return i < unit.size() && unit[i].kind == Token::Kind::kText && unit[i].text.front() == '"';
}

/// Where the declaration begins whose body opens at `open`.
std::size_t declaration_begin(const Unit& unit, std::size_t open) {
  std::size_t i = open;
  while (i > 0 && !unit.is(i - 1, ";") && !unit.is(i - 1, "{") && !unit.is(i - 1, "}")) --i;
  return i;
}

/// The word before the first parameter list of tokens [begin, open): empty if there is none.
std::string_view declared_name(const Unit& unit, std::size_t begin, std::size_t open) {
  for (std::size_t i = begin; i < open; ++i) {
    if (unit.is(i, "=")) return {};
    if (!unit.is(i, "(")) continue;
    const bool attribute = i > begin && (unit.is(i - 1, "__attribute__") || unit.is(i - 1, "decltype"));
    if (attribute) {
      i = unit.partner(i);
    } else {
      return i > begin && unit[i - 1].kind == Token::Kind::kWord ? unit[i - 1].text : std::string_view("operator");
    }
  }
  return {};
}

void name_within(Unit& unit, std::size_t open, std::size_t close, std::string_view name) {
  for (std::size_t i = open; i < close; ++i) {
    if (!unit.is(i, "__FUNCTION__") || !(is_string(unit, i - 1) || is_string(unit, i + 1))) continue;
    unit.replace(i, " \"" + std::string(name) + "\" ");
  }
}
}  // namespace

void translate_function_names(Unit& unit) {
  for (std::size_t i = 0; i < unit.size(); ++i) {
    if (!unit.is(i, "{")) continue;
    const std::string_view name = declared_name(unit, declaration_begin(unit, i), i);
    if (name.empty()) continue;  // a class, a namespace: look inside
    const std::size_t close = unit.partner(i);
    name_within(unit, i, close, name);
    i = close;
  }
}

}  // namespace p2p::cc
