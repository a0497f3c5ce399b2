#include "tb/replay/replay_watch.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "tb/output/summary.h"
#include "tb/replay/recorded_end.h"
#include "tb/replay/run_record.h"

namespace p2p::tb {

namespace {
using nlohmann::json;

/// Where the host puts code, stacks and its own heap, each time elsewhere.
bool is_host_address(const json& value) {
  constexpr std::uint64_t kLowest = std::uint64_t{1} << 46, kEnd = std::uint64_t{1} << 47;
  return value.is_number_unsigned() && value >= kLowest && value < kEnd;
}

/// Two bug checks that differ in nothing but such addresses get the same.
void take_host_addresses(json& one, json& other) {
  if (!one.is_object() || !other.is_object()) return;
  json &left = one.at("parameters"), &right = other.at("parameters");
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i)
    if (is_host_address(left[i]) && is_host_address(right[i])) left[i] = right[i];
}

/// What of the two ends is not the same; empty: nothing. How long it took may differ, and what was traced.
std::string other_end(const std::string& folder, const RunResult& result) {
  const std::string file = folder + "/summary.json";
  try {
    json recorded = json::parse(file_content(file)), now = json::parse(summary_json(result));
    take_host_addresses(recorded.at("verifier").at("bugcheck"), now.at("verifier").at("bugcheck"));
    for (const char* key : {"cycles", "frames", "checks", "irps", "interrupts", "verifier", "failures", "status"}) {
      if (recorded.at(key) == now.at(key)) continue;
      return std::string("ends otherwise than ") + file + ": " + key + " " + recorded[key].dump() + ", now " +
             now[key].dump();
    }
    return {};
  } catch (const json::exception&) {
    return file + ": expected the summary of a run";
  }
}
}  // namespace

ReplayWatch::ReplayWatch(const RunOptions& options, Hardware& machine, EventLog& log)
    : machine_(machine), folder_(options.replay_of), was_killed_(!recorded_end(folder_)) {
  if (folder_.empty()) return;
  events_.emplace(folder_ + "/events.jsonl", was_killed_);
  log.set_line_listener([this](std::string_view line) {
    if (!events_->event(line)) machine_.stop(events_->departure());
  });
}

void ReplayWatch::finish(RunResult* result) {
  if (!events_) return;
  events_->end();
  std::string departure = events_->departure();
  if (departure.empty() && !was_killed_) departure = other_end(folder_, *result);
  result->replayed = {folder_, events_->same(), was_killed_};
  if (departure.empty()) return;
  std::vector<std::string>& failures = result->failures;
  failures.erase(std::remove(failures.begin(), failures.end(), departure), failures.end());
  failures.insert(failures.begin(), departure);
}

}  // namespace p2p::tb
