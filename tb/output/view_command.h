// `pin2pin view DIR`: GTKWave on the waveform of a recorded run.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace p2p::tb {

class ViewCommand {
 public:
  /// Adds the command and its options to the program's.
  explicit ViewCommand(CLI::App& program);
  ViewCommand(const ViewCommand&) = delete;
  ViewCommand& operator=(const ViewCommand&) = delete;

  bool chosen() const { return command_->parsed(); }
  /// Becomes gtkwave, found on PATH. Throws UsageError if the folder holds no waveform or gtkwave is not there.
  [[noreturn]] void run() const;

 private:
  CLI::App* command_;
  std::string folder_;
};

}  // namespace p2p::tb
