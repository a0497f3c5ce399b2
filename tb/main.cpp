// pin2pin: the program.
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <systemc>

#include "tb/events/events_command.h"
#include "tb/output/output_folder.h"
#include "tb/output/summary.h"
#include "tb/output/view_command.h"
#include "tb/run/run.h"
#include "tb/run/software_run.h"

namespace {

using namespace p2p;

constexpr int kPass = 0, kFail = 1, kUsage = 2, kUnchecked = 3;

void print_driver_sites(const std::vector<tb::CallSite>& stack) {
  for (const tb::CallSite& site : stack) {
    if (site.driver)
      std::fprintf(stderr, "pin2pin:   %s!%s %s\n", site.module.c_str(), site.function.c_str(), site.location.c_str());
  }
}

void print_streams(const tb::RunResult& result) {
  std::printf("%s:", result.clean() ? result.status() : "FAIL");
  for (const tb::StreamResult& stream : result.streams) {
    std::printf("%s pin %u delivered %llu samples, %s", &stream == result.streams.data() ? "" : ";", stream.pin,
                static_cast<unsigned long long>(stream.delivered), stream.format.c_str());
  }
  if (result.fed) {
    std::printf("%s pin %u took %llu samples, %s", result.streams.empty() ? "" : ";", result.fed->pin,
                static_cast<unsigned long long>(result.fed->delivered), result.fed->format.c_str());
  }
  std::puts(result.streams.empty() && !result.fed ? " no stream" : "");
}

int run_command(const tb::RunOptions& options, const std::string& program) {
  tb::OutputFolder folder(options.out);
  const auto run = options.device == "none" ? tb::run_without_device : tb::run_capture;
  const tb::RunResult result = run(options, folder, program);
  folder.write("summary.json", tb::summary_json(result));
  folder.write("report.html", tb::report_html(result));
  folder.commit();
  if (options.json) {
    std::fputs(tb::summary_json(result).c_str(), stdout);
  } else if (options.device == "none") {
    print_streams(result);
  } else {
    std::printf("%s: %llu frames sent, %llu delivered, %llu dropped, %llu mismatched; %zu violations\n",
                result.clean() ? result.status() : "FAIL", static_cast<unsigned long long>(result.sent),
                static_cast<unsigned long long>(result.delivered), static_cast<unsigned long long>(result.dropped),
                static_cast<unsigned long long>(result.mismatched), result.violations.size());
  }
  if (result.bugcheck)
    std::fprintf(stderr, "pin2pin: bug check 0x%X %s: %s\n", result.bugcheck->code, result.bugcheck->rule.c_str(),
                 result.bugcheck->message.c_str());
  print_driver_sites(result.bugcheck_stack);
  if (!result.contrary_stack.empty()) std::fprintf(stderr, "pin2pin:  the other way round, earlier:\n");
  print_driver_sites(result.contrary_stack);
  for (const std::string& failure : result.failures) std::fprintf(stderr, "pin2pin: %s\n", failure.c_str());
  for (const tb::Violation& v : result.violations) {
    std::fprintf(stderr, "pin2pin: %s at %s cycle %llu: %s\n", v.rule.c_str(), v.clock.c_str(),
                 static_cast<unsigned long long>(v.cycle), v.text.c_str());
  }
  if (result.traced) {
    std::fprintf(stderr, "pin2pin: waveform of bus cycles %llu to %llu: pin2pin view %s\n",
                 static_cast<unsigned long long>(result.traced->from_cycle()),
                 static_cast<unsigned long long>(result.traced->to_cycle()), options.out.c_str());
  }
  if (result.clean() && !result.checked) return kUnchecked;
  return result.pass() ? kPass : kFail;
}

/// Without the chip there is nothing these could be about.
void refuse_chip_options(const CLI::App& run) {
  for (const char* option : {"--trace", "--trace-before", "--trace-after", "--snapshot-cycles", "--batch", "--inject",
                             "--checkers", "--no-model", "--record-stimulus"}) {
    if (run.get_option(option)->count() != 0)
      throw tb::UsageError(std::string(option) + ": expected --device vcap, there is no chip with --device none");
  }
}

}  // namespace

int sc_main(int argc, char** argv) {
  CLI::App app{"pin2pin: a Windows streaming driver against the RTL of its chip, cycle by cycle"};
  app.require_subcommand(1);
  CLI::App* run = app.add_subcommand("run", "capture a clip through every layer and check each cycle");
  tb::RunOptions options;
  std::string size, fps, frames;
  bool no_verifier = false, no_capture = false, no_model = false;
  std::string checkers = "on", schedule = "fifo";
  run->add_option("--source", options.source, "video file or picture, or pattern:bars, pattern:ramp, pattern:noise")
      ->capture_default_str();
  run->add_option("--size", size, "WIDTHxHEIGHT at the pins; a file is scaled to it");
  run->add_option("--fps", fps, "frames a second of simulated time (default: as fast as the pixel clock carries)");
  run->add_option("--frames", frames, "most frames to send (patterns: 30)");
  run->add_option("--device", options.device, "vcap: the chip; none: the driver brings its own hardware")
      ->capture_default_str();
  run->add_option(
         "--driver", options.driver,
         "name of a driver (lib/drivers here, in build/ and beside the program; PIN2PIN_DRIVER_PATH), or a path")
      ->capture_default_str();
  run->add_option("--config", options.config_file, "TOML with [run], [clock], [video], [bus], [cost], [latency]");
  run->add_option("--out", options.out, "folder for the results")->capture_default_str();
  run->add_option("--seed", options.seed, "wait states, page placement, noise")->capture_default_str();
  run->add_option("--trace", options.trace,
                  "off; window: if the run fails, a waveform (trace.fst) of the cycles around the failure; full: a "
                  "waveform of all")
      ->capture_default_str();
  run->add_option("--trace-before", options.trace_before, "bus cycles of the window before the failure")
      ->capture_default_str();
  run->add_option("--trace-after", options.trace_after, "bus cycles of the window after the failure")
      ->capture_default_str();
  run->add_option(
         "--snapshot-cycles", options.snapshot_cycles,
         "bus cycles between the snapshots that --trace window keeps (0: about a second of real time); changes "
         "no result")
      ->capture_default_str();
  run->add_option("--buffers", options.buffers, "frame buffers the application queues")->capture_default_str();
  run->add_option("--hold-us", options.hold_us, "how long the application keeps each sample, us of simulated time")
      ->capture_default_str();
  run->add_option("--batch", options.machine.batch,
                  "most clock edges per wake-up of the SystemC kernel; changes speed only")
      ->capture_default_str();
  run->add_option("--inject", options.inject,
                  "bus error: slverr@write:N, slverr@read:N, decerr@write:N, decerr@read:N");
  run->add_option("--schedule", schedule,
                  "fifo, or random: the seed chooses delays, threads and processors wherever Windows leaves them open")
      ->capture_default_str();
  run->add_option("--fail-allocation", options.kernel.fail_allocation,
                  "refuse the N-th allocation of the run, from 1, as if memory were short (0: none)")
      ->capture_default_str();
  run->add_flag("--no-verifier", no_verifier, "without Driver Verifier's checks");
  run->add_option("--checkers", checkers,
                  "on or off; off is for benchmarks: the run is 'unchecked' and its exit status 3")
      ->capture_default_str();
  run->add_flag("--no-model", no_model, "without the reference model, which compares every output of every cycle");
  run->add_flag(
      "--coverage", options.coverage,
      "count what was seen to happen to driver and chip: in the report, and in *.bins to merge with other runs");
  run->add_flag("--no-capture", no_capture, "without capture.mkv and contact.png");
  run->add_option("--record-stimulus", options.record_stimulus,
                  "file for what enters the chip's pins (bench/README.md)");
  run->add_flag("--json", options.json, "print summary.json on stdout");
  const tb::EventsCommand events(app);
  const tb::ViewCommand view(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "pin2pin: %s\n", error.what());
    return kUsage;
  }
  try {
    if (events.chosen()) {
      events.run();
      return kPass;
    }
    if (view.chosen()) view.run();
    // The command line wins over the file: parse the file first, then the line again.
    if (!options.config_file.empty()) {
      tb::read_config(options.config_file, options);
      app.parse(argc, argv);
    }
    if (!size.empty()) options.size = tb::parse_size(size);
    if (!fps.empty()) {
      char* end = nullptr;
      options.fps = std::strtod(fps.c_str(), &end);
      if (*end != 0 || !(*options.fps > 0) || std::isinf(*options.fps))
        throw tb::UsageError("--fps " + fps + ": expected a number above 0");
    }
    if (!frames.empty()) {
      char* end = nullptr;
      options.frames = std::strtoull(frames.c_str(), &end, 10);
      if (*end != 0 || frames[0] == '-' || *options.frames == 0)
        throw tb::UsageError("--frames " + frames + ": expected a whole number, 1 or more");
    }
    if (options.trace == "control")
      throw tb::UsageError("--trace " + options.trace + ": not available yet; expected off, window or full");
    if (options.trace != "off" && options.trace != "window" && options.trace != "full")
      throw tb::UsageError("--trace " + options.trace + ": expected off, window or full");
    if (options.buffers < 1 || options.buffers > 64)
      throw tb::UsageError("--buffers " + std::to_string(options.buffers) + ": expected 1 to 64");
    if (options.machine.batch < 1) throw tb::UsageError("--batch 0: expected 1 or more");
    for (const std::string& fault : options.inject) tb::parse_fault(fault);
    if (checkers != "on" && checkers != "off") throw tb::UsageError("--checkers " + checkers + ": expected on or off");
    options.checkers = checkers == "on";
    if (schedule != "fifo" && schedule != "random")
      throw tb::UsageError("--schedule " + schedule + ": expected fifo or random");
    options.kernel.schedule = schedule == "random" ? ntos::Schedule::kRandom : ntos::Schedule::kFifo;
    if (options.device != "vcap" && options.device != "none")
      throw tb::UsageError("--device " + options.device + ": expected vcap or none");
    options.source_given = run->get_option("--source")->count() != 0;
    if (options.device == "none") {
      refuse_chip_options(*run);
      if (options.source.rfind("pattern:", 0) != 0)
        throw tb::UsageError("--source " + options.source +
                             ": expected a pattern, which is what --device none can feed to an input pin");
    }
    options.model = !no_model;
    if (no_model && !options.record_stimulus.empty())
      throw tb::UsageError("--record-stimulus " + options.record_stimulus + ": expected without --no-model");
    if (!options.checkers && !options.record_stimulus.empty())
      throw tb::UsageError("--record-stimulus " + options.record_stimulus + ": expected --checkers on");
    if (options.coverage && options.device != "none" && (no_model || !options.checkers))
      throw tb::UsageError("--coverage: expected with the checkers and the model, which tell what the chip does");
    if (options.coverage && !options.record_stimulus.empty())
      throw tb::UsageError("--coverage: expected without --record-stimulus");
    options.capture = !no_capture;
    options.verifier = !no_verifier;
    return run_command(options, "/proc/self/exe");
  } catch (const tb::UsageError& error) {
    std::fprintf(stderr, "pin2pin: %s\n", error.what());
    return kUsage;
  } catch (const sim::SourceError& error) {
    std::fprintf(stderr, "pin2pin: %s\n", error.what());
    return kUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pin2pin: %s\n", error.what());
    return kFail;
  }
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  return sc_core::sc_elab_and_sim(argc, argv);
}
