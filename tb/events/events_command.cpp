#include "tb/events/events_command.h"

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tb/events/event_words.h"
#include "tb/events/perfetto.h"
#include "tb/replay/run_record.h"
#include "tb/run/whole_numbers.h"

namespace p2p::tb {
namespace {

void print_line(const RecordedEvent& event) {
  std::printf("%12" PRIu64 " %10" PRIu64 ".%03u us  %-5s  %-18s %s\n", event.cycle, event.ns / 1000,
              static_cast<unsigned>(event.ns % 1000), event.layer.c_str(), event.name.c_str(),
              event_words(event).c_str());
}

/// What the run has left is not to be lost.
void refuse_files_of_the_run(const std::string& path, const std::string& folder) {
  std::error_code error;
  const std::filesystem::path target(path);
  const std::filesystem::path parent = target.has_parent_path() ? target.parent_path() : ".";
  if (target.filename() == "trace.perfetto.json" || !std::filesystem::equivalent(parent, folder, error) || error)
    return;
  if (std::filesystem::exists(target, error))
    throw UsageError("--perfetto " + path + ": belongs to the run; expected another file");
}

/// Whole, or not at all.
void write_file(const std::string& path, const std::string& content) {
  const std::string aside = path + ".partial";
  std::ofstream out(aside, std::ios::binary);
  out << content;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(aside, path, error);
  if (out && !error) return;
  std::filesystem::remove(aside, error);
  throw UsageError("--perfetto " + path + ": cannot be written");
}

}  // namespace

EventsCommand::EventsCommand(CLI::App& program)
    : command_(program.add_subcommand("events", "what happened in a run, in order, with cycles and times")) {
  command_->add_option("DIR", folder_, "the run's --out folder")->required();
  command_->add_option("--irp", selection_.irp, "events of this IRP");
  command_->add_option("--pin", selection_.pin, "events of this pin");
  command_->add_option("--frame", selection_.frame,
                       "events of this frame of the source, from its first pixel to the application");
  command_->add_option("--name", selection_.name, "events of this name; * stands for anything: irp.*");
  command_->add_option("--from", selection_.from, "bus cycle of the first event");
  command_->add_option("--to", selection_.to, "bus cycle of the last event");
  command_->add_option("--perfetto", perfetto_,
                       "write all of the run to this file instead, as a trace for Perfetto or chrome://tracing");
  command_->add_flag("--json", json_, "as they stand in events.jsonl");
  expect_whole_numbers(*command_);
}

/// A trace holds all of a run.
void EventsCommand::refuse_selection_of_a_trace() const {
  for (const char* option : {"--irp", "--pin", "--frame", "--name", "--from", "--to", "--json"}) {
    if (command_->get_option(option)->count() != 0)
      throw UsageError(std::string(option) + ": expected without --perfetto, which writes all of the run");
  }
}

void EventsCommand::run() const {
  if (!perfetto_.empty()) refuse_selection_of_a_trace();
  const std::vector<RecordedEvent> events = read_events(folder_ + "/events.jsonl");
  if (!perfetto_.empty()) {
    refuse_files_of_the_run(perfetto_, folder_);
    const std::string summary = folder_ + "/summary.json";  // not there after a kill
    std::string trace;
    try {
      trace = perfetto_json(events, std::filesystem::exists(summary) ? file_content(summary) : "");
    } catch (const nlohmann::json::exception&) {
      throw UsageError(summary + ": expected the summary of a run");
    }
    write_file(perfetto_, trace);
    return;
  }
  const std::vector<const RecordedEvent*> chosen = select(events, selection_);
  if (!json_) std::printf("%12s %14s  %-5s  %s\n", "bus cycle", "time", "layer", "event");
  for (const RecordedEvent* event : chosen) {
    if (json_) {
      std::puts(event->line.c_str());
    } else {
      print_line(*event);
    }
  }
}

}  // namespace p2p::tb
