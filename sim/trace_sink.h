// Structured events from every layer (sim, ntos, ks, proxy) to whoever listens (tb: event log, scoreboard, waveform).
// The sink stamps cycle and time. Names and fields are listed in docs/events.md.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <variant>

namespace p2p {

struct TraceField {
  std::string_view name;
  std::variant<std::int64_t, std::uint64_t, std::string_view> value;
  constexpr TraceField(std::string_view n, std::string_view v) : name(n), value(v) {}
  constexpr TraceField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) constexpr TraceField(std::string_view n, T v) : name(n) {
    if constexpr (std::is_signed_v<T>) {
      value = static_cast<std::int64_t>(v);
    } else {
      value = static_cast<std::uint64_t>(v);
    }
  }
};

class TraceSink {
 public:
  virtual ~TraceSink() = default;
  /// `layer`: "sim", "ntos", "ks", "proxy". `event`: dotted, e.g. "irp.complete".
  /// Fields never hold addresses (determinism): objects are named by small ids.
  virtual void event(std::string_view layer, std::string_view event, std::initializer_list<TraceField> fields) = 0;
};

/// The process-wide sink; never null (a do-nothing sink stands in until one is set).
TraceSink& trace_sink();
void set_trace_sink(TraceSink* sink);

}  // namespace p2p
