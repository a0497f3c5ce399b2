// pin2pin: the program.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <systemc>

#include "tb/debug/gdb_command.h"
#include "tb/events/events_command.h"
#include "tb/events/perfetto.h"
#include "tb/output/output_folder.h"
#include "tb/output/summary.h"
#include "tb/output/view_command.h"
#include "tb/replay/replay_command.h"
#include "tb/replay/run_record.h"
#include "tb/report/page.h"
#include "tb/run/run.h"
#include "tb/run/run_command.h"
#include "tb/run/software_run.h"
#include "tb/shell_word.h"

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

int run_command(const tb::RunOptions& options, const tb::RunRecord& record, const std::string& program) {
  tb::OutputFolder folder(options.out);
  folder.write("run.json", tb::run_json(record));  // first: a run that is killed can be run again, too
  const auto run = options.device == "none" ? tb::run_without_device : tb::run_capture;
  const tb::RunResult result = run(options, folder, program);
  folder.write("summary.json", tb::summary_json(result));
  folder.write("report.html", tb::report_html(result, tb::read_story(folder.path("events.jsonl"), result)));
  if (options.perfetto) {
    folder.write("trace.perfetto.json",
                 tb::perfetto_json(tb::read_events(folder.path("events.jsonl")), tb::summary_json(result)));
  }
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
  for (const std::string& note : result.notes) std::fprintf(stderr, "pin2pin: %s\n", note.c_str());
  for (const tb::Violation& v : result.violations) {
    std::fprintf(stderr, "pin2pin: %s at %s cycle %llu: %s\n", v.rule.c_str(), v.clock.c_str(),
                 static_cast<unsigned long long>(v.cycle), v.text.c_str());
  }
  if (result.traced) {
    std::fprintf(stderr, "pin2pin: waveform of bus cycles %llu to %llu: pin2pin view %s\n",
                 static_cast<unsigned long long>(result.traced->from_cycle()),
                 static_cast<unsigned long long>(result.traced->to_cycle()), tb::shell_word(options.out).c_str());
  }
  if (result.replayed && !options.json)
    std::printf("%llu events as in %s%s\n", static_cast<unsigned long long>(result.replayed->same_events),
                result.replayed->folder.c_str(), result.replayed->was_killed ? ", which was killed" : "");
  if (result.clean() && !result.checked) return kUnchecked;
  return result.pass() ? kPass : kFail;
}

}  // namespace

int sc_main(int argc, char** argv) {
  CLI::App app{"pin2pin: a Windows streaming driver against the RTL of its chip, cycle by cycle", "pin2pin"};
  app.require_subcommand(1);
  tb::RunCommand run(app);
  tb::ReplayCommand replay(app);
  const tb::EventsCommand events(app);
  const tb::ViewCommand view(app);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    tb::parse_arguments(app, arguments);
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
    if (replay.chosen()) {
      const tb::RunOptions again = replay.options();
      return run_command(again, replay.record(), "/proc/self/exe");
    }
    const tb::RunOptions options = run.options(arguments);
    if (run.gdb()) tb::become_gdb(arguments);
    return run_command(options, tb::record_run(arguments, options), "/proc/self/exe");
  } catch (const tb::UsageError& error) {
    std::fprintf(stderr, "pin2pin: %s\n", error.what());
    return kUsage;
  } catch (const sim::SourceError& error) {
    std::fprintf(stderr, "pin2pin: %s\n", error.what());
    return kUsage;
  } catch (const sc_core::sc_report& report) {  // an exception in one of SystemC's processes
    std::fprintf(stderr, "pin2pin: %s\n", report.get_msg());
    return kFail;
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
