#include "tb/output/view_command.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "tb/output/live_view.h"
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
  if (!std::filesystem::exists(waveform))
    throw UsageError(waveform + ": not there; expected a run that failed, or one with --trace control or full");
  std::vector<std::string> words{"gtkwave", waveform};
  if (std::filesystem::exists(view)) words.push_back(view);  // not there after an early kill
  const std::vector<std::string> others = command_->remaining();
  if (others.empty()) check_display("view " + folder_);  // gtkwave itself shows how it is called
  words.insert(words.end(), others.begin(), others.end());
  become(std::move(words), "gtkwave");
}

}  // namespace p2p::tb
