// `pin2pin events DIR`: what happened in a recorded run, on the terminal.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "tb/events/selection.h"

namespace p2p::tb {

class EventsCommand {
 public:
  /// Adds the command and its options to the program's.
  explicit EventsCommand(CLI::App& program);
  EventsCommand(const EventsCommand&) = delete;
  EventsCommand& operator=(const EventsCommand&) = delete;

  bool chosen() const { return command_->parsed(); }
  /// Prints. Throws UsageError if the folder holds no run, or the run not what is asked for.
  void run() const;

 private:
  void refuse_selection_of_a_trace() const;
  CLI::App* command_;
  std::string folder_, perfetto_;
  Selection selection_;
  bool json_ = false;
};

}  // namespace p2p::tb
