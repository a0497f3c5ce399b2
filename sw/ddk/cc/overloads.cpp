#include "sw/ddk/cc/overloads.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "sw/ddk/cc/messages.h"

namespace p2p::cc {

namespace {
bool is_plain_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

/// Makes the whole arguments that are plain numbers unsigned, as the call's ULONG decides on Windows.
bool number_arguments_are_unsigned(Unit& unit, std::size_t open) {
  const std::size_t close = unit.partner(open);
  bool edited = false;
  for (std::size_t i = open + 1; i < close; ++i) {
    const bool whole = (i == open + 1 || unit.is(i - 1, ",")) && (i + 1 == close || unit.is(i + 1, ","));
    if (!whole || !is_plain_number(unit[i].text) || unit.is_replaced(i)) continue;
    unit.replace(i, std::string(unit[i].text) + "U");
    edited = true;
  }
  return edited;
}

bool decide_for_ulong(Unit& unit, const Message& message) {
  const std::size_t end = message.text.find('(');
  if (message.text.find("ULONG") == std::string::npos || end == std::string::npos) return false;
  const std::string name = last_word(message.text.substr(0, end));
  bool edited = false;
  for (std::size_t i = 0; i + 1 < unit.size(); ++i) {
    if (!unit.is(i, name) || !unit.is(i + 1, "(") || !message.is_at(unit, i)) continue;
    edited = number_arguments_are_unsigned(unit, i + 1) || edited;
  }
  return edited;
}

/// `c ? object : 0` where the class converts to LONG and to more: an int is none of them on Windows, so the number
/// becomes an object.
bool decide_for_class(Unit& unit, const Message& message) {
  const std::size_t types = message.text.find("different types ");
  const std::size_t both = message.text.find(" and ", types);
  if (types == std::string::npos || both == std::string::npos) return false;
  const std::string first = last_word(message.text.substr(types, both - types)), second = last_word(message.text);
  if ((first == "int") == (second == "int")) return false;
  bool edited = false;
  for (std::size_t i = 1; i < unit.size(); ++i) {
    const bool operand = unit.is(i - 1, ":") || unit.is(i - 1, "?");
    if (!message.is_at(unit, i) || !operand || !is_plain_number(unit[i].text) || unit.is_replaced(i)) continue;
    unit.replace(i, (first == "int" ? second : first) + "(" + std::string(unit[i].text) + ")");
    edited = true;
  }
  return edited;
}

/// Where the outermost declaration begins that has a token of the message's line.
std::size_t declaration_at(const Unit& unit, const Message& message) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < unit.size(); ++i) {
    if (message.is_at(unit, i)) return begin;
    if (unit.is(i, ";")) begin = i + 1;
    if (!unit.is(i, "{")) continue;
    const std::size_t close = unit.partner(i);
    for (std::size_t k = i; k < close; ++k) {
      if (message.is_at(unit, k)) return begin;
    }
    i = close;
    if (!unit.is(i + 1, ";")) begin = i + 1;
  }
  return unit.size();
}

bool define_array_new(Unit& unit, const Message& message) {
  const std::size_t comma = message.text.find(", ");
  const std::size_t close = message.text.find(')', comma);
  if (comma == std::string::npos || close == std::string::npos) return false;
  const std::string type = message.text.substr(comma + 2, close - comma - 2);
  const std::size_t at = declaration_at(unit, message);
  if (type.find(',') != std::string::npos || at == 0 || at == unit.size() || unit.has_appended(at - 1)) return false;
  unit.append(at - 1, " inline void* operator new[](decltype(sizeof 0) bytes, " + type +
                          " how) { return operator new(bytes, how); } ");
  return true;
}
}  // namespace

bool translate_overloads(Unit& unit, const std::string& messages) {
  bool edited = false, array_new = false;
  for (const Message& message : errors(messages)) {
    if (message.text.rfind("call of overloaded ", 0) == 0) edited = decide_for_ulong(unit, message) || edited;
    if (message.text.rfind("operands to ", 0) == 0) edited = decide_for_class(unit, message) || edited;
    if (message.text.rfind("no matching function for call to ", 0) == 0 && !array_new &&
        message.text.find("operator new [](") != std::string::npos) {
      array_new = define_array_new(unit, message);
    }
  }
  return edited || array_new;
}

}  // namespace p2p::cc
