// `pin2pin replay DIR`: the recorded run again, with a waveform of what is asked for.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "tb/replay/run_record.h"
#include "tb/run/options.h"

namespace p2p::tb {

class ReplayCommand {
 public:
  /// Adds the command and its options to the program's.
  explicit ReplayCommand(CLI::App& program);
  ReplayCommand(const ReplayCommand&) = delete;
  ReplayCommand& operator=(const ReplayCommand&) = delete;

  bool chosen() const { return command_->parsed(); }
  /// Of the run that is to be run again. Goes to the folder it was run in, if that is still there. Throws UsageError if
  /// there is no such record, or if what it was given has changed since.
  RunOptions options();
  /// Of that run; it is that of its replay, too.
  const RunRecord& record() const { return record_; }

 private:
  CLI::App* command_;
  std::string folder_, out_;
  std::uint64_t from_ = 0;
  std::optional<std::uint64_t> to_;
  RunRecord record_;
};

}  // namespace p2p::tb
