#include "tb/events/selection.h"

#include <fnmatch.h>

#include <algorithm>

#include "tb/events/frame_story.h"
#include "tb/run/options.h"

namespace p2p::tb {
namespace {

/// Its `pin` is the number of a type in the filter's descriptor, not of a pin.
bool of_pin_type(const RecordedEvent& event) {
  return event.name.starts_with("format.") || event.name.starts_with("descriptor.");
}

/// Throws UsageError unless an event has the number in its field; says which numbers there are.
void expect_there(const std::vector<RecordedEvent>& events, const char* field, std::uint64_t wanted) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max(), most = 0;
  for (const RecordedEvent& event : events) {
    const auto number = event.number(field);
    if (!number || of_pin_type(event)) continue;
    if (*number == wanted) return;
    least = std::min(least, *number);
    most = std::max(most, *number);
  }
  const std::string there = least > most     ? "the run had none"
                            : wanted < least ? "the run's first is " + std::to_string(least)
                            : wanted > most  ? "the run's last is " + std::to_string(most)
                                             : "none of that number is in the run";
  throw UsageError(std::string("--") + field + " " + std::to_string(wanted) + ": " + there);
}

bool has_name(const RecordedEvent& event, const std::string& pattern) {
  return fnmatch(pattern.c_str(), event.name.c_str(), 0) == 0;
}

}  // namespace

std::vector<const RecordedEvent*> select(const std::vector<RecordedEvent>& events, const Selection& selection) {
  if (selection.irp) expect_there(events, "irp", *selection.irp);
  if (selection.pin) expect_there(events, "pin", *selection.pin);
  if (!selection.name.empty() && std::none_of(events.begin(), events.end(), [&selection](const RecordedEvent& event) {
        return has_name(event, selection.name);
      }))
    throw UsageError("--name " + selection.name + ": the run had none; expected a name that docs/events.md lists");
  if (selection.from > selection.to)
    throw UsageError("--from " + std::to_string(selection.from) + " --to " + std::to_string(selection.to) +
                     ": expected the first cycle, then the last");
  std::vector<const RecordedEvent*> chosen;
  std::vector<const RecordedEvent*> candidates;
  if (selection.frame) {
    candidates = events_of_frame(events, *selection.frame);
  } else {
    for (const RecordedEvent& event : events) candidates.push_back(&event);
  }
  for (const RecordedEvent* candidate : candidates) {
    const RecordedEvent& event = *candidate;
    if (event.cycle < selection.from || event.cycle > selection.to) continue;
    if (selection.irp && event.number("irp") != selection.irp) continue;
    if (selection.pin && (of_pin_type(event) || event.number("pin") != selection.pin)) continue;
    if (!selection.name.empty() && !has_name(event, selection.name)) continue;
    chosen.push_back(candidate);
  }
  return chosen;
}

std::vector<RecordedEvent> irp_history(const std::string& file, std::uint64_t irp) {
  // Most lines are of others: not parsed.
  std::vector<RecordedEvent> history = read_events(file, "\"irp\":" + std::to_string(irp));
  std::erase_if(history, [irp](const RecordedEvent& event) { return event.number("irp") != irp; });
  return history;
}

}  // namespace p2p::tb
