#include "tb/run/run_command.h"

#include <cmath>
#include <cstdlib>
#include <set>

#include "tb/run/whole_numbers.h"

namespace p2p::tb {

namespace {
constexpr std::uint64_t kMostHoldUs = 60'000'000;
}

RunCommand::RunCommand(CLI::App& program)
    : program_(program),
      command_(program.add_subcommand("run", "capture a clip through every layer and check each cycle")) {
  add_stimulus();
  add_results();
  add_circumstances();
  add_checks();
  expect_whole_numbers(*command_);
}

/// What comes in, and who deals with it.
void RunCommand::add_stimulus() {
  command_
      ->add_option("--source", options_.source, "video file or picture, or pattern:bars, pattern:ramp, pattern:noise")
      ->capture_default_str();
  command_->add_option("--size", size_, "WIDTHxHEIGHT at the pins; a file is scaled to it");
  command_->add_option("--fps", fps_,
                       "frames a second of simulated time (default: as fast as the pixel clock carries)");
  command_->add_option("--frames", frames_, "most frames to send (patterns: 30)");
  command_->add_option("--device", options_.device, "vcap: the chip; none: the driver brings its own hardware")
      ->capture_default_str();
  command_
      ->add_option(
          "--driver", options_.driver,
          "name of a driver (lib/drivers here, in build/ and beside the program; PIN2PIN_DRIVER_PATH), or a path")
      ->capture_default_str();
}

void RunCommand::add_results() {
  command_->add_option("--out", options_.out, "folder for the results")->capture_default_str();
  command_
      ->add_option("--trace", options_.trace,
                   "off; window: if the run fails, a waveform (trace.fst) of the cycles around the failure; control: a "
                   "waveform of the whole run without wide data; full: of everything in it")
      ->capture_default_str();
  command_->add_flag("--live", options_.live,
                     "show the waveform in GTKWave while the run goes on, with --trace control (default then) or full");
  command_->add_option("--trace-before", options_.trace_before, "bus cycles of the window before the failure")
      ->capture_default_str();
  command_->add_option("--trace-after", options_.trace_after, "bus cycles of the window after the failure")
      ->capture_default_str();
  command_
      ->add_option(
          "--snapshot-cycles", options_.snapshot_cycles,
          "bus cycles between the snapshots that --trace window keeps (0: about a second of real time); changes "
          "no result")
      ->capture_default_str();
  command_->add_flag("--no-capture", no_capture_, "without capture.mkv and contact.png");
  command_->add_option("--record-stimulus", options_.record_stimulus,
                       "file for what enters the chip's pins (bench/README.md)");
  command_->add_flag("--perfetto", options_.perfetto,
                     "write the events as trace.perfetto.json, too, for Perfetto or chrome://tracing");
  command_->add_flag("--json", options_.json, "print summary.json on stdout");
  command_->add_flag("--gdb", gdb_,
                     "under gdb, with commands that look into driver, kernel and chip (docs/debugging.md)");
}

/// What stands open in the world around driver and chip.
void RunCommand::add_circumstances() {
  command_->add_option("--config", options_.config_file, "TOML with [run], [clock], [video], [bus], [cost], [latency]");
  command_->add_option("--seed", options_.seed, "wait states, page placement, noise")->capture_default_str();
  command_->add_option("--buffers", options_.buffers, "frame buffers the application queues")->capture_default_str();
  command_
      ->add_option("--hold-us", options_.hold_us, "how long the application keeps each sample, us of simulated time")
      ->capture_default_str();
  command_
      ->add_option("--reads", options_.reads, "samples that the application asks for, and then for no more (0: no end)")
      ->capture_default_str();
  command_
      ->add_option("--batch", options_.machine.batch,
                   "most clock edges per wake-up of the SystemC kernel; changes speed only")
      ->capture_default_str();
  command_->add_option("--inject", options_.inject,
                       "bus error: slverr@write:N, slverr@read:N, decerr@write:N, decerr@read:N");
  command_
      ->add_option("--schedule", schedule_,
                   "fifo, or random: the seed chooses delays, threads and processors wherever Windows leaves them open")
      ->capture_default_str();
  command_->add_option("--timeout", options_.timeout,
                       "most simulated time that the run may take, as in 20ms or 1.5s; it fails if it takes more");
  command_
      ->add_option("--fail-allocation", options_.kernel.fail_allocation,
                   "refuse the N-th allocation of the run, from 1, as if memory were short (0: none)")
      ->capture_default_str();
}

void RunCommand::add_checks() {
  command_->add_flag("--no-verifier", no_verifier_, "without Driver Verifier's checks");
  command_
      ->add_option("--checkers", checkers_,
                   "on or off; off is for benchmarks: the run is 'unchecked' and its exit status 3")
      ->capture_default_str();
  command_->add_flag("--no-model", no_model_,
                     "without the reference model, which compares every output of every cycle");
  command_->add_flag(
      "--coverage", options_.coverage,
      "count what was seen to happen to driver and chip: in the report, and in *.bins to merge with other runs");
}

RunOptions RunCommand::options(const std::vector<std::string>& arguments) {
  // The command line wins over the file: parse the file first, then the line again.
  if (!options_.config_file.empty()) {
    read_config(options_.config_file, options_);
    parse_arguments(program_, arguments);
  }
  read_words();
  check();
  return options_;
}

/// The values that stand in words of their own.
void RunCommand::read_words() {
  if (!size_.empty()) options_.size = parse_size(size_);
  if (!fps_.empty()) {
    char* end = nullptr;
    options_.fps = std::strtod(fps_.c_str(), &end);
    if (*end != 0 || !(*options_.fps > 0) || std::isinf(*options_.fps))
      throw UsageError("--fps " + fps_ + ": expected a number above 0");
  }
  if (!frames_.empty()) {
    char* end = nullptr;
    options_.frames = std::strtoull(frames_.c_str(), &end, 10);
    if (*end != 0 || frames_[0] == '-' || *options_.frames == 0)
      throw UsageError("--frames " + frames_ + ": expected a whole number, 1 or more");
  }
  if (!options_.timeout.empty()) options_.timeout_ps = parse_duration("--timeout", options_.timeout);
  for (const std::string& fault : options_.inject) parse_fault(fault);
  if (checkers_ != "on" && checkers_ != "off") throw UsageError("--checkers " + checkers_ + ": expected on or off");
  options_.checkers = checkers_ == "on";
  if (schedule_ != "fifo" && schedule_ != "random")
    throw UsageError("--schedule " + schedule_ + ": expected fifo or random");
  options_.kernel.schedule = schedule_ == "random" ? ntos::Schedule::kRandom : ntos::Schedule::kFifo;
  options_.source_given = command_->get_option("--source")->count() != 0;
  options_.model = !no_model_;
  options_.capture = !no_capture_;
  if (options_.live && command_->get_option("--trace")->count() == 0) options_.trace = "control";
  options_.verifier = !no_verifier_;
}

void RunCommand::check() const {
  static const std::set<std::string> kTraces{"off", "window", "control", "full"};
  if (kTraces.count(options_.trace) == 0)
    throw UsageError("--trace " + options_.trace + ": expected off, window, control or full");
  if (options_.live && options_.trace != "control" && options_.trace != "full")
    throw UsageError("--trace " + options_.trace + ": expected control or full with --live");
  if (options_.buffers < 1 || options_.buffers > 64)
    throw UsageError("--buffers " + std::to_string(options_.buffers) + ": expected 1 to 64");
  for (const auto& [option, cycles] :
       {std::pair{"--trace-before", options_.trace_before}, std::pair{"--trace-after", options_.trace_after},
        std::pair{"--snapshot-cycles", options_.snapshot_cycles}}) {
    if (cycles > kMostCycles)
      throw UsageError(std::string(option) + " " + std::to_string(cycles) + ": expected at most " +
                       std::to_string(kMostCycles));
  }
  if (options_.hold_us > kMostHoldUs)
    throw UsageError("--hold-us " + std::to_string(options_.hold_us) + ": expected at most " +
                     std::to_string(kMostHoldUs) + ", a minute");
  if (options_.machine.batch < 1) throw UsageError("--batch 0: expected 1 or more");
  if (options_.device != "vcap" && options_.device != "none")
    throw UsageError("--device " + options_.device + ": expected vcap or none");
  if (options_.device == "none") {
    refuse_chip_options();
    if (options_.source.rfind("pattern:", 0) != 0)
      throw UsageError("--source " + options_.source +
                       ": expected a pattern, which is what --device none can feed to an input pin");
  }
  if (no_model_ && !options_.record_stimulus.empty())
    throw UsageError("--record-stimulus " + options_.record_stimulus + ": expected without --no-model");
  if (!options_.checkers && !options_.record_stimulus.empty())
    throw UsageError("--record-stimulus " + options_.record_stimulus + ": expected --checkers on");
  if (options_.coverage && options_.device != "none" && (no_model_ || !options_.checkers))
    throw UsageError("--coverage: expected with the checkers and the model, which tell what the chip does");
  if (options_.coverage && !options_.record_stimulus.empty())
    throw UsageError("--coverage: expected without --record-stimulus");
}

/// Without the chip there is nothing these could be about.
void RunCommand::refuse_chip_options() const {
  for (const char* option : {"--trace", "--live", "--trace-before", "--trace-after", "--snapshot-cycles", "--batch",
                             "--inject", "--checkers", "--no-model", "--record-stimulus", "--reads"}) {
    if (command_->get_option(option)->count() != 0)
      throw UsageError(std::string(option) + ": expected --device vcap, there is no chip with --device none");
  }
  if (options_.latency_limit_ns != 0)
    throw UsageError(options_.config_file +
                     ": latency.pin_to_deliver_ns: expected --device vcap, which has video pins");
}

void parse_arguments(CLI::App& program, const std::vector<std::string>& arguments) {
  program.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // as CLI11 wants them
}

}  // namespace p2p::tb
