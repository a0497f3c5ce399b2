// The options of `pin2pin run`, from a command line to RunOptions.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "tb/run/options.h"

namespace p2p::tb {

class RunCommand {
 public:
  /// Adds the command and its options to the program's.
  explicit RunCommand(CLI::App& program);
  RunCommand(const RunCommand&) = delete;
  RunCommand& operator=(const RunCommand&) = delete;

  bool chosen() const { return command_->parsed(); }
  /// Under gdb (tb/debug/gdb_command.h).
  bool gdb() const { return gdb_; }
  /// What was asked for by `arguments`, which the program has parsed: all that follows its name. Reads the --config
  /// file, over which the command line wins. Throws UsageError.
  RunOptions options(const std::vector<std::string>& arguments);

 private:
  void add_stimulus();
  void add_results();
  void add_circumstances();
  void add_checks();
  void read_words();
  void check() const;
  void refuse_chip_options() const;

  CLI::App& program_;
  CLI::App* command_;
  RunOptions options_;
  // As they were given.
  std::string size_, fps_, frames_, checkers_ = "on", schedule_ = "fifo";
  bool gdb_ = false, no_verifier_ = false, no_capture_ = false, no_model_ = false;
};

/// Parses a command line, all that follows the program's name, as CLI::App::parse(argc, argv) does.
void parse_arguments(CLI::App& program, const std::vector<std::string>& arguments);

}  // namespace p2p::tb
