#include "tb/events/events_command.h"

#include <cinttypes>
#include <cstdio>

namespace p2p::tb {
namespace {

void print_line(const RecordedEvent& event) {
  std::printf("%12" PRIu64 " %10" PRIu64 ".%03u us  %-5s  %-18s %s\n", event.cycle, event.ns / 1000,
              static_cast<unsigned>(event.ns % 1000), event.layer.c_str(), event.name.c_str(), event.text().c_str());
}

}  // namespace

EventsCommand::EventsCommand(CLI::App& program)
    : command_(program.add_subcommand("events", "what happened in a run, in order, with cycles and times")) {
  command_->add_option("DIR", folder_, "the run's --out folder")->required();
  command_->add_option("--irp", selection_.irp, "events of this IRP")->check(CLI::NonNegativeNumber);
  command_->add_option("--pin", selection_.pin, "events of this pin")->check(CLI::NonNegativeNumber);
  command_
      ->add_option("--frame", selection_.frame,
                   "events of this frame of the source, from its first pixel to the application")
      ->check(CLI::NonNegativeNumber);
  command_->add_option("--name", selection_.name, "events of this name; * stands for anything: irp.*");
  command_->add_option("--from", selection_.from, "bus cycle of the first event")->check(CLI::NonNegativeNumber);
  command_->add_option("--to", selection_.to, "bus cycle of the last event")->check(CLI::NonNegativeNumber);
  command_->add_flag("--json", json_, "as they stand in events.jsonl");
}

void EventsCommand::run() const {
  const std::vector<RecordedEvent> events = read_events(folder_ + "/events.jsonl");
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
