// The head of a line of events.jsonl, without parsing the rest: for those who look at every line and keep few.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace p2p::tb {

struct LineHead {
  std::uint64_t cycle = 0, ns = 0;
  std::string_view layer, name;
  std::string_view rest;  ///< the other fields, as they stand in the line

  /// Of the rest; none if it has no such field, or if it is no number.
  std::optional<std::uint64_t> number(std::string_view field) const;
  /// Of the rest, as it stands there; empty if it has no such field, or if it is no text.
  std::string_view text(std::string_view field) const;
};

/// None if the line does not begin as EventLog writes it.
std::optional<LineHead> line_head(std::string_view line);

}  // namespace p2p::tb
