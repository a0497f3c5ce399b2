#include "tb/replay/replay_watch.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "tb/output/summary.h"
#include "tb/replay/run_record.h"

namespace p2p::tb {

namespace {
/// What of the two ends is not the same; empty: nothing. How long it took may differ, and what was traced.
std::string other_end(const std::string& folder, const RunResult& result) {
  const std::string file = folder + "/summary.json";
  try {
    auto recorded = nlohmann::json::parse(file_content(file)), now = nlohmann::json::parse(summary_json(result));
    for (const char* key : {"cycles", "frames", "checks", "irps", "interrupts", "verifier", "failures", "status"}) {
      if (recorded.at(key) == now.at(key)) continue;
      return std::string("ends otherwise than ") + file + ": " + key + " " + recorded[key].dump() + ", now " +
             now[key].dump();
    }
    return {};
  } catch (const nlohmann::json::exception&) {
    return file + ": expected the summary of a run";
  }
}
}  // namespace

ReplayWatch::ReplayWatch(const RunOptions& options, Hardware& machine, EventLog& log)
    : machine_(machine), folder_(options.replay_of) {
  if (folder_.empty()) return;
  events_.emplace(folder_ + "/events.jsonl");
  log.set_line_listener([this](std::string_view line) {
    if (!events_->event(line)) machine_.stop(events_->departure());
  });
}

void ReplayWatch::finish(RunResult* result) {
  if (!events_) return;
  events_->end();
  std::string departure = events_->departure();
  if (departure.empty()) departure = other_end(folder_, *result);
  result->replayed = {folder_, events_->same()};
  if (departure.empty()) return;
  std::vector<std::string>& failures = result->failures;
  failures.erase(std::remove(failures.begin(), failures.end(), departure), failures.end());
  failures.insert(failures.begin(), departure);
}

}  // namespace p2p::tb
