#include "tb/events/recorded_event.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <fstream>

#include "tb/run/options.h"

namespace p2p::tb {
namespace {

using nlohmann::ordered_json;

bool take_number(const ordered_json& line, const char* key, std::uint64_t& value) {
  const auto found = line.find(key);
  if (found == line.end() || !found->is_number_unsigned()) return false;
  value = *found;
  return true;
}

bool take_text(const ordered_json& line, const char* key, std::string& value) {
  const auto found = line.find(key);
  if (found == line.end() || !found->is_string()) return false;
  value = *found;
  return true;
}

/// False if the line is no event.
bool read_event(const ordered_json& line, RecordedEvent& event) {
  if (!line.is_object() || !take_number(line, "cycle", event.cycle) || !take_number(line, "ns", event.ns) ||
      !take_text(line, "src", event.layer) || !take_text(line, "ev", event.name))
    return false;
  for (const auto& [key, value] : line.items()) {
    if (key == "cycle" || key == "ns" || key == "src" || key == "ev") continue;
    event.fields.push_back({key, value.is_string() ? value.get<std::string>() : value.dump(), value.is_string()});
  }
  return true;
}

std::string quoted(const std::string& text) {
  return ordered_json(text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::optional<std::uint64_t> RecordedEvent::number(const char* field) const {
  for (const Field& f : fields) {
    if (f.is_text || f.name != field) continue;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(f.value.data(), f.value.data() + f.value.size(), value);
    if (error == std::errc{} && end == f.value.data() + f.value.size()) return value;
  }
  return std::nullopt;
}

std::string RecordedEvent::text(const char* left_out) const {
  std::string text;
  for (const Field& field : fields) {
    if (field.name == left_out) continue;
    if (!text.empty()) text += ' ';
    text.append(field.name).append("=").append(field.value);
  }
  return text;
}

std::string RecordedEvent::line() const {
  std::string line = "{\"cycle\":" + std::to_string(cycle) + ",\"ns\":" + std::to_string(ns);
  line.append(",\"src\":").append(quoted(layer)).append(",\"ev\":").append(quoted(name));
  for (const Field& field : fields)
    line.append(",").append(quoted(field.name)).append(":").append(field.is_text ? quoted(field.value) : field.value);
  return line + "}";
}

std::vector<RecordedEvent> read_events(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw UsageError(file + ": cannot be read; expected the folder of a run");
  std::vector<RecordedEvent> events;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!read_event(ordered_json::parse(line, nullptr, false), events.emplace_back()))
      throw UsageError(file + ":" + std::to_string(number) + ": expected an event with cycle, ns, src and ev");
  }
  return events;
}

}  // namespace p2p::tb
