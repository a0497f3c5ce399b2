#include "tb/output/view_command.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "tb/run/become.h"
#include "tb/run/options.h"

namespace p2p::tb {

ViewCommand::ViewCommand(CLI::App& program)
    : command_(program.add_subcommand("view", "open the waveform of a run in GTKWave")) {
  command_->add_option("DIR", folder_, "the run's --out folder")->required();
  command_->allow_extras()->footer("Other options are gtkwave's.");
}

void ViewCommand::run() const {
  const std::string waveform = folder_ + "/trace.fst", view = folder_ + "/trace.gtkw";
  for (const std::string& file : {waveform, view}) {
    if (!std::filesystem::exists(file))
      throw UsageError(file + ": not there; expected a run that failed, or one with --trace full");
  }
  std::vector<std::string> words{"gtkwave", waveform, view};
  const std::vector<std::string> others = command_->remaining();
  words.insert(words.end(), others.begin(), others.end());
  become(std::move(words), "gtkwave");
}

}  // namespace p2p::tb
