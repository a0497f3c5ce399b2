#include "tb/replay/run_record.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace p2p::tb {

namespace {
/// Where results go, and how they are told, is no part of a run.
std::vector<std::string> without_outputs(const std::vector<std::string>& arguments) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--out") {
      ++i;
    } else if (arguments[i] != "--json" && arguments[i].rfind("--out=", 0) != 0) {
      kept.push_back(arguments[i]);
    }
  }
  return kept;
}
}  // namespace

RunRecord record_run(const std::vector<std::string>& arguments, const RunOptions& options) {
  RunRecord record{without_outputs(arguments), std::filesystem::current_path().string(), {}};
  if (!options.config_file.empty()) record.config = file_content(options.config_file);
  return record;
}

std::string run_json(const RunRecord& record) {
  using nlohmann::ordered_json;
  const ordered_json json{{"schema", 1},
                          {"arguments", record.arguments},
                          {"folder", record.folder},
                          {"config", record.config ? ordered_json(*record.config) : ordered_json(nullptr)}};
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

RunRecord read_run_record(const std::string& folder) {
  const std::string file = folder + "/run.json";
  if (!std::filesystem::exists(file)) throw UsageError(file + ": not there; expected the folder of a run");
  try {
    const auto json = nlohmann::json::parse(file_content(file));
    RunRecord record{json.at("arguments"), json.at("folder"), {}};
    if (!json.at("config").is_null()) record.config = json.at("config").get<std::string>();
    return record;
  } catch (const nlohmann::json::exception&) {
    throw UsageError(file + ": expected the record of a run, as pin2pin run writes it");
  }
}

std::string file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(path + ": " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace p2p::tb
