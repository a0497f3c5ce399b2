#include "tb/replay/recorded_end.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "tb/replay/run_record.h"
#include "tb/run/interruption.h"
#include "tb/run/options.h"

namespace p2p::tb {

std::optional<RecordedEnd> recorded_end(const std::string& folder) {
  const std::string file = folder + "/summary.json";
  if (folder.empty() || !std::filesystem::exists(file)) return std::nullopt;
  try {
    const auto summary = nlohmann::json::parse(file_content(file));
    RecordedEnd end{summary.at("cycles").at("bus"), summary.at("sim_time_ns"), {}};
    for (const std::string failure : summary.at("failures")) {
      if (failure.starts_with(Interruption::kWords)) end.interruption = failure;
    }
    return end;
  } catch (const nlohmann::json::exception&) {
    throw UsageError(file + ": expected the summary of a run");
  }
}

}  // namespace p2p::tb
