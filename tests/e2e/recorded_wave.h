// A waveform read back through GTKWave's fst2vcd.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace p2p::e2e {

/// Numbers as decimal words, x where a bit is none; words without the escapes of VCD.
class RecordedWave {
 public:
  struct Change {
    std::uint64_t ps;
    std::string value;
    bool operator==(const Change&) const = default;
  };
  explicit RecordedWave(const std::string& vcd) { read(vcd); }

  bool has(const std::string& signal) const { return ids_.count(signal) != 0; }
  /// In the order of time; none if there is no such signal.
  const std::vector<Change>& changes(const std::string& signal) const {
    static const std::vector<Change> none;
    const auto id = ids_.find(signal);
    return id == ids_.end() ? none : changes_.at(id->second);
  }
  /// The value once everything of that nanosecond has happened; empty before the first.
  std::string at_ns(const std::string& signal, std::uint64_t ns) const {
    const std::vector<Change>& all = changes(signal);
    const auto after = std::upper_bound(all.begin(), all.end(), ns * 1000 + 999,
                                        [](std::uint64_t ps, const Change& change) { return ps < change.ps; });
    return after == all.begin() ? std::string() : std::prev(after)->value;
  }
  /// The value just before that time; empty before the first.
  std::string before_ps(const std::string& signal, std::uint64_t ps) const {
    const std::vector<Change>& all = changes(signal);
    const auto from = std::lower_bound(all.begin(), all.end(), ps,
                                       [](const Change& change, std::uint64_t time) { return change.ps < time; });
    return from == all.begin() ? std::string() : std::prev(from)->value;
  }
  std::vector<std::string> signals_below(const std::string& scope) const {
    std::vector<std::string> found;
    for (const auto& [name, id] : ids_)
      if (name.rfind(scope + ".", 0) == 0) found.push_back(name);
    return found;
  }

 private:
  void read(const std::string& vcd) {
    std::istringstream in(vcd);
    std::vector<std::string> scopes;
    std::uint64_t now = 0;
    for (std::string line; std::getline(in, line);) {
      if (line.empty()) continue;
      if (line[0] == '#') {
        now = std::stoull(line.substr(1));
      } else if (line[0] == '$') {
        declare(line, scopes);
      } else if (line[0] == 's' || line[0] == 'b') {
        const std::size_t space = line.rfind(' ');
        const std::string value = line.substr(1, space - 1);
        add(line.substr(space + 1), now, line[0] == 's' ? plain(value) : number(value));
      } else {
        add(line.substr(1), now, line.substr(0, 1));
      }
    }
  }
  void declare(const std::string& line, std::vector<std::string>& scopes) {
    std::istringstream words(line);
    std::string what, kind, width, id, name;
    words >> what;
    if (what == "$upscope") scopes.pop_back();
    if (what == "$scope") {
      words >> kind >> name;
      scopes.push_back(name);
    }
    if (what != "$var") return;
    words >> kind >> width >> id >> name;
    std::string path;
    for (const std::string& scope : scopes) path += scope + ".";
    ids_[path + name] = id;
    changes_[id];
  }
  void add(const std::string& id, std::uint64_t now, const std::string& value) {
    std::vector<Change>& all = changes_[id];
    if (!all.empty() && all.back().ps == now) all.pop_back();
    all.push_back({now, value});
  }
  static std::string number(const std::string& binary) {
    if (binary.find_first_not_of("01") != std::string::npos) return "x";
    std::uint64_t value = 0;
    for (const char digit : binary) value = value << 1 | (digit == '1' ? 1u : 0u);
    return std::to_string(value);
  }
  static std::string plain(const std::string& escaped) {
    std::string text;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
      if (escaped[i] != '\\' || i + 1 == escaped.size()) {
        text += escaped[i];
      } else if (const char next = escaped[++i]; next >= '0' && next <= '7') {
        text += static_cast<char>(std::stoi(escaped.substr(i, 3), nullptr, 8));
        i += 2;
      } else {
        text += next;  // a quote or a backslash
      }
    }
    return text;
  }

  std::map<std::string, std::string> ids_;
  std::map<std::string, std::vector<Change>> changes_;
};

}  // namespace p2p::e2e
