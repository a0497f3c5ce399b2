#include "tb/events/recorded_event.h"

#include <nlohmann/json.hpp>

#include <algorithm>
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

/// What drivers print need not be UTF-8.
ordered_json parsed(std::string line) {
  ordered_json event = ordered_json::parse(line, nullptr, false);
  if (!event.is_discarded()) return event;
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return ordered_json::parse(line, nullptr, false);
}

void append_visible(std::string& text, const std::string& value) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code != 0x7F) {
      text += c;
    } else {
      text.append("\\x") += kDigits[code >> 4];
      text += kDigits[code & 15];
    }
  }
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
    text.append(field.name) += '=';
    append_visible(text, field.value);
  }
  return text;
}

std::optional<RecordedEvent> parse_event(const std::string& line) {
  RecordedEvent event;
  event.line = line;
  if (!read_event(parsed(line), event)) return std::nullopt;
  return event;
}

std::vector<RecordedEvent> read_events(const std::string& file, const std::string& mark) {
  std::ifstream in(file);
  if (!in) throw UsageError(file + ": cannot be read; expected the folder of a run");
  std::vector<RecordedEvent> events;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find(mark) == std::string::npos) continue;
    std::optional<RecordedEvent> event = parse_event(line);
    if (!event && in.eof()) break;  // a line without its end: the run was killed
    if (!event)
      throw UsageError(file + ":" + std::to_string(number) + ": expected an event with cycle, ns, src and ev");
    events.push_back(std::move(*event));
  }
  return events;
}

}  // namespace p2p::tb
