#include "tb/events/line_head.h"

#include <charconv>

namespace p2p::tb {
namespace {

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// Up to the next quote: no layer and no event has one in its name.
bool take_name(std::string_view& text, std::string_view& name) {
  const std::size_t end = text.find('"');
  if (end == std::string_view::npos) return false;
  name = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

/// Behind `"field":`, which no text can hold: its quotes have a backslash.
std::string_view value_of(std::string_view rest, std::string_view field) {
  for (std::size_t at = rest.find(field); at != std::string_view::npos; at = rest.find(field, at + 1)) {
    const std::size_t end = at + field.size();
    if (at != 0 && rest[at - 1] == '"' && rest.substr(end, 2) == "\":") return rest.substr(end + 2);
  }
  return {};
}

}  // namespace

std::optional<std::uint64_t> LineHead::number(std::string_view field) const {
  std::string_view value = value_of(rest, field);
  std::uint64_t number = 0;
  if (!take_number(value, number)) return std::nullopt;
  return number;
}

std::string_view LineHead::text(std::string_view field) const {
  std::string_view value = value_of(rest, field), text;
  if (!skip(value, "\"") || !take_name(value, text)) return {};
  return text;
}

std::optional<LineHead> line_head(std::string_view line) {
  LineHead head;
  if (!skip(line, "{\"cycle\":") || !take_number(line, head.cycle) || !skip(line, ",\"ns\":") ||
      !take_number(line, head.ns) || !skip(line, ",\"src\":\"") || !take_name(line, head.layer) ||
      !skip(line, ",\"ev\":\"") || !take_name(line, head.name))
    return std::nullopt;
  head.rest = line;
  return head;
}

}  // namespace p2p::tb
