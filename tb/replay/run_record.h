// run.json: what it takes to run a run again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tb/run/options.h"

namespace p2p::tb {

struct RunRecord {
  std::vector<std::string> arguments;  ///< of the command line, after the program's name, without --out and --json
  std::string folder;                  ///< to which file names in them are relative
  std::optional<std::string> config;   ///< content of the --config file
};

/// Of a run that is asked for by `arguments`, here and now.
RunRecord record_run(const std::vector<std::string>& arguments, const RunOptions& options);
std::string run_json(const RunRecord& record);
/// Of the run whose results are in `folder`. Throws UsageError that names the file.
RunRecord read_run_record(const std::string& folder);

/// The content of a file. Throws UsageError that names it.
std::string file_content(const std::string& path);

}  // namespace p2p::tb
