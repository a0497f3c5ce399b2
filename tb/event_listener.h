// Who wants events beside the log, and the way to a field of one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

#include "sim/trace_sink.h"

namespace p2p::tb {

/// `ns`: simulated time.
class EventListener {
 public:
  virtual ~EventListener() = default;
  virtual void on_event(std::uint64_t ns, std::string_view layer, std::string_view event,
                        std::initializer_list<TraceField> fields) = 0;
};

/// The unsigned value of a field, or `otherwise`.
inline std::uint64_t field_value(std::initializer_list<TraceField> fields, std::string_view name,
                                 std::uint64_t otherwise) {
  for (const TraceField& field : fields) {
    if (field.name != name) continue;
    if (const auto* number = std::get_if<std::uint64_t>(&field.value)) return *number;
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) return static_cast<std::uint64_t>(*number);
  }
  return otherwise;
}

/// The text of a field; empty if it has none.
inline std::string_view field_text(std::initializer_list<TraceField> fields, std::string_view name) {
  for (const TraceField& field : fields) {
    const auto* text = std::get_if<std::string_view>(&field.value);
    if (field.name == name && text != nullptr) return *text;
  }
  return {};
}

}  // namespace p2p::tb
