// A line of events.jsonl, read back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace p2p::tb {

struct RecordedEvent {
  struct Field {
    std::string name, value;
    bool is_text = false;  ///< else a number
  };
  std::uint64_t cycle = 0, ns = 0;
  std::string layer, name;    ///< "ntos", "irp.call"
  std::vector<Field> fields;  ///< what else the line says, in its order
  std::string line;           ///< as it stands in the file

  /// "ntos irp.call"
  std::string what() const { return layer + " " + name; }
  /// The field's value; none if there is no such field, or if it is no whole number of 0 or more.
  std::optional<std::uint64_t> number(const char* field) const;
  /// "irp=24 major=14", control characters as \x0A; without `left_out`.
  std::string text(const char* left_out = "") const;
};

/// A line of the file; none if it is no event.
std::optional<RecordedEvent> parse_event(const std::string& line);

/// All events of the file, in their order, or those whose lines hold `mark`. Throws UsageError that names the file, and
/// the line if one is no event.
std::vector<RecordedEvent> read_events(const std::string& file, const std::string& mark = "");

}  // namespace p2p::tb
