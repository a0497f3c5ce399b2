// events.jsonl, and the fan-out of trace events to the scoreboard.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/hardware.h"
#include "sim/trace_sink.h"
#include "tb/event_listener.h"

namespace p2p::tb {

/// Writes each event as one JSON line (docs/events.md). Throws std::runtime_error if the file cannot be written.
class EventLog final : public TraceSink {
 public:
  EventLog(const Hardware& hardware, const std::string& path);
  ~EventLog() override;
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;
  void add_listener(EventListener* listener) { listeners_.push_back(listener); }
  /// Is told of every line that is written, without its end.
  void set_line_listener(std::function<void(std::string_view)> listener) { on_line_ = std::move(listener); }
  void event(std::string_view layer, std::string_view event, std::initializer_list<TraceField> fields) override;
  /// Writes what is buffered, if it can.
  void flush() { std::fflush(file_); }
  /// Writes what is buffered; throws std::runtime_error on a full disk.
  void close();

 private:
  const Hardware& hardware_;
  std::string path_;
  std::FILE* file_;
  std::string line_;
  std::vector<EventListener*> listeners_;
  std::function<void(std::string_view)> on_line_;
};

}  // namespace p2p::tb
