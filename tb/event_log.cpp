#include "tb/event_log.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace p2p::tb {

namespace {
void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}
}  // namespace

EventLog::EventLog(const Hardware& hardware, const std::string& path)
    : hardware_(hardware), path_(path), file_(std::fopen(path.c_str(), "w")) {
  if (file_ == nullptr) throw std::runtime_error(path + ": " + std::strerror(errno));
}

EventLog::~EventLog() {
  if (file_ != nullptr) std::fclose(file_);
}

void EventLog::close() {
  const bool failed = std::ferror(file_) != 0;
  const bool failed_too = std::fclose(file_) != 0;
  file_ = nullptr;
  if (failed || failed_too) throw std::runtime_error(path_ + ": could not be written");
}

void EventLog::event(std::string_view layer, std::string_view event, std::initializer_list<TraceField> fields) {
  const std::uint64_t ns = hardware_.now_ps() / 1000;
  if (file_ != nullptr) {
    line_.clear();
    line_ += "{\"cycle\":";
    line_ += std::to_string(hardware_.bus_cycle());
    line_ += ",\"ns\":";
    line_ += std::to_string(ns);
    line_ += ",\"src\":";
    append_string(line_, layer);
    line_ += ",\"ev\":";
    append_string(line_, event);
    for (const TraceField& field : fields) {
      line_ += ',';
      append_string(line_, field.name);
      line_ += ':';
      if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        append_string(line_, *text);
      } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        line_ += std::to_string(*number);
      } else {
        line_ += std::to_string(std::get<std::uint64_t>(field.value));
      }
    }
    line_ += "}\n";
    std::fwrite(line_.data(), 1, line_.size(), file_);
    if (on_line_) on_line_(std::string_view(line_).substr(0, line_.size() - 1));
  }
  for (EventListener* listener : listeners_) listener->on_event(ns, layer, event, fields);
}

}  // namespace p2p::tb
