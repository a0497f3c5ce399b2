#include "tb/replay/replay_command.h"

#include <algorithm>
#include <filesystem>

#include "tb/replay/recorded_end.h"
#include "tb/run/run_command.h"
#include "tb/run/whole_numbers.h"

namespace p2p::tb {

namespace fs = std::filesystem;

namespace {
RunOptions parse_record(const RunRecord& record, const std::string& folder) {
  CLI::App program;
  RunCommand run(program);
  try {
    parse_arguments(program, record.arguments);
  } catch (const CLI::ParseError& error) {
    throw UsageError(folder + "/run.json: " + error.what());
  }
  return run.options(record.arguments);
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path inner = fs::weakly_canonical(path), outer = fs::weakly_canonical(folder);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

/// Throws UsageError if the recorded run was over by then. Without its summary the replay's end shows it.
void expect_before_end(const std::string& folder, std::uint64_t from) {
  const std::optional<RecordedEnd> end = recorded_end(folder);
  if (from == 0 || !end || from < end->bus_cycles) return;
  throw UsageError("--from " + std::to_string(from) + ": the run in " + folder + " ended at bus cycle " +
                   std::to_string(end->bus_cycles));
}
}  // namespace

ReplayCommand::ReplayCommand(CLI::App& program)
    : command_(program.add_subcommand("replay", "a recorded run again, held against its record, with a waveform")) {
  command_->add_option("DIR", folder_, "the run's --out folder")->required();
  command_->add_option("--from", from_, "first bus cycle of the waveform");
  command_->add_option("--to", to_, "last bus cycle of the waveform (default: to the end)");
  command_->add_option("--out", out_, "folder for the results (default: DIR.replay)");
  expect_whole_numbers(*command_);
}

RunOptions ReplayCommand::options() {
  fs::path folder = fs::absolute(folder_).lexically_normal();
  if (folder.filename().empty()) folder = folder.parent_path();
  const fs::path out = out_.empty() ? fs::path(folder.string() + ".replay") : fs::absolute(out_);
  for (const auto& [option, cycle] : {std::pair{"--from", from_}, std::pair{"--to", to_.value_or(0)}}) {
    if (cycle > kMostCycles)
      throw UsageError(std::string(option) + " " + std::to_string(cycle) + ": expected at most " +
                       std::to_string(kMostCycles));
  }
  if (to_ && *to_ <= from_) {
    throw UsageError("--to " + std::to_string(*to_) + ": expected a cycle after --from " + std::to_string(from_));
  }
  if (is_within(out, folder)) {
    throw UsageError("--out " + out_ + ": holds the run that is replayed, or is in it; expected another folder");
  }
  record_ = read_run_record(folder.string());
  if (fs::is_directory(record_.folder)) fs::current_path(record_.folder);
  RunOptions options = parse_record(record_, folder.string());
  if (record_.config && file_content(options.config_file) != *record_.config) {
    throw UsageError(options.config_file + ": is another than when " + folder.string() +
                     " was recorded; expected what is \"config\" in its run.json");
  }
  options.out = out.string();
  options.replay_of = folder.string();
  options.record_stimulus.clear();
  options.trace = "off";
  options.live = false;
  if (options.device != "none") {
    expect_before_end(folder.string(), from_);
    options.trace_cycles = {from_, to_};
  } else if (from_ != 0 || to_) {
    throw UsageError("--from, --to: expected a run with the chip, " + folder.string() + " is one with --device none");
  }
  return options;
}

}  // namespace p2p::tb
