#include "tb/events/selection.h"

#include <fnmatch.h>

#include <algorithm>

#include "tb/run/options.h"

namespace p2p::tb {
namespace {

/// Throws UsageError unless an event has the number in its field; says which numbers there are.
void expect_there(const std::vector<RecordedEvent>& events, const char* field, std::uint64_t wanted,
                  const char* of_layer = nullptr) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max(), most = 0;
  for (const RecordedEvent& event : events) {
    const auto number = event.number(field);
    if (!number || (of_layer != nullptr && event.layer != of_layer)) continue;
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

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

/// What belongs to a frame of the source beside its own events.
struct FrameStory {
  std::uint64_t frame, irp = kNone, sample = kNone;
  const RecordedEvent *pixels_end = nullptr, *complete = nullptr;  // between them lies its interrupt

  FrameStory(const std::vector<RecordedEvent>& events, std::uint64_t number) : frame(number) {
    const std::size_t place = find_sample(events);
    if (sample == kNone) return;
    // The n-th sample is what the n-th IRP brought that came back with bytes.
    std::size_t completed = 0;
    for (const RecordedEvent& event : events) {
      if (!event.is("ks", "frame.complete") || event.number("bytes").value_or(0) == 0) continue;
      if (completed++ != place) continue;
      irp = event.number("irp").value_or(kNone);
      complete = &event;
    }
  }
  /// How many samples came before the frame's. Samples carry the chip's time of their first beat: less than the time
  /// here by no more than a reset is long, and later than the frame before began.
  std::size_t find_sample(const std::vector<RecordedEvent>& events) {
    std::uint64_t began = 0, began_before = 0;
    std::size_t samples = 0;
    for (const RecordedEvent& event : events) {
      if (event.is("sim", "frame.sof") && event.number("frame") == frame) began = event.ns;
      if (event.is("sim", "frame.sof") && event.number("frame") < frame) began_before = event.ns;
      if (event.is("sim", "frame.eof") && event.number("frame") == frame) pixels_end = &event;
      if (!event.is("proxy", "sample.deliver")) continue;
      const std::uint64_t time_ns = 100 * event.number("time").value_or(0);
      if (pixels_end != nullptr && time_ns <= began && time_ns > began_before) {
        sample = event.number("sample").value_or(kNone);
        return samples;
      }
      ++samples;
    }
    return samples;
  }
  bool has(const RecordedEvent& event) const {
    if (event.layer == "sim" && event.name.starts_with("frame.")) return event.number("frame") == frame;
    if (event.is("proxy", "sample.deliver")) return event.number("sample") == sample;
    if (event.number("irp") == irp) return true;
    const bool of_interrupt =
        event.name.starts_with("irq.") || event.name.starts_with("isr.") || event.name.starts_with("dpc.");
    return of_interrupt && pixels_end != nullptr && complete != nullptr && &event > pixels_end && &event < complete;
  }
};

}  // namespace

std::vector<const RecordedEvent*> select(const std::vector<RecordedEvent>& events, const Selection& selection) {
  if (selection.irp) expect_there(events, "irp", *selection.irp);
  if (selection.pin) expect_there(events, "pin", *selection.pin);
  std::optional<FrameStory> story;
  if (selection.frame) {
    expect_there(events, "frame", *selection.frame, "sim");
    story.emplace(events, *selection.frame);
  }
  std::vector<const RecordedEvent*> chosen;
  for (const RecordedEvent& event : events) {
    if (event.cycle < selection.from || event.cycle > selection.to) continue;
    if (selection.irp && event.number("irp") != selection.irp) continue;
    if (selection.pin && event.number("pin") != selection.pin) continue;
    if (story && !story->has(event)) continue;
    if (!selection.name.empty() && fnmatch(selection.name.c_str(), event.name.c_str(), 0) != 0) continue;
    chosen.push_back(&event);
  }
  return chosen;
}

std::vector<RecordedEvent> irp_history(const std::string& file, std::uint64_t irp) {
  std::vector<RecordedEvent> history = read_events(file);
  std::erase_if(history, [irp](const RecordedEvent& event) { return event.number("irp") != irp; });
  return history;
}

}  // namespace p2p::tb
