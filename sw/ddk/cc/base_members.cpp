#include "sw/ddk/cc/base_members.h"

#include <algorithm>
#include <vector>

#include "sw/ddk/cc/messages.h"

namespace p2p::cc {

namespace {
constexpr std::string_view kUndeclared = " was not declared in this scope";

/// The message's name, if it calls one undeclared; else empty.
std::string undeclared(const Message& message) {
  const std::size_t end = message.text.find(kUndeclared);
  return end == std::string::npos ? std::string() : last_word(message.text.substr(0, end));
}

/// Behind `template <...>`, or `at` if none begins there.
std::size_t behind_template_head(const Unit& unit, std::size_t at) {
  if (!unit.is(at, "template") || !unit.is(at + 1, "<")) return at;
  std::size_t depth = 0;
  for (std::size_t i = at + 1; i < unit.size(); ++i) {
    if (unit.is(i, "<")) ++depth;
    if (unit.is(i, ">") && --depth == 0) return i + 1;
  }
  return at;
}

/// Where the class's body opens, if it has bases; else 0.
std::size_t body_with_bases(const Unit& unit, std::size_t at) {
  bool bases = false;
  if (!unit.is(at, "class") && !unit.is(at, "struct")) return 0;
  for (; at < unit.size() && !unit.is(at, ";"); ++at) {
    if (unit.is(at, "{")) return bases ? at : 0;
    bases = bases || (unit.is(at, ":") && !unit.is(at - 1, ":") && !unit.is(at + 1, ":"));
  }
  return 0;
}

bool is_qualified(const Unit& unit, std::size_t i) {
  return unit.is(i - 1, ".") || unit.is(i - 1, ":") || (unit.is(i - 1, ">") && unit.is(i - 2, "-"));
}
}  // namespace

bool translate_base_members(Unit& unit, const std::string& messages) {
  const std::vector<Message> all = errors(messages);
  const auto is_undeclared = [&unit, &all](std::size_t i) {
    return std::any_of(all.begin(), all.end(), [&unit, i](const Message& message) {
      return message.is_at(unit, i) && unit.is(i, undeclared(message));
    });
  };
  bool edited = false;
  for (std::size_t i = 0; !all.empty() && i < unit.size(); ++i) {
    const std::size_t head = behind_template_head(unit, i);
    const std::size_t open = head == i ? 0 : body_with_bases(unit, head);
    if (open == 0) continue;
    const std::size_t close = unit.partner(open);
    for (std::size_t k = open; k < close; ++k) {
      if (unit[k].kind != Token::Kind::kWord || is_qualified(unit, k) || unit.is_replaced(k)) continue;
      if (!is_undeclared(k)) continue;
      unit.replace(k, "this->" + std::string(unit[k].text));
      edited = true;
    }
    i = close;
  }
  return edited;
}

}  // namespace p2p::cc
