// Lines of events.jsonl by hand.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tb/events/recorded_event.h"

namespace p2p::tb {

/// A line at `cycle` of a bus of 8 ns a cycle. `rest`: ,"irp":24
inline std::string event_line(std::uint64_t cycle, const std::string& layer, const std::string& name,
                              const std::string& rest = "") {
  return "{\"cycle\":" + std::to_string(cycle) + ",\"ns\":" + std::to_string(cycle * 8) + ",\"src\":\"" + layer +
         "\",\"ev\":\"" + name + "\"" + rest + "}";
}

inline std::vector<RecordedEvent> parse_events(const std::vector<std::string>& lines) {
  std::vector<RecordedEvent> events;
  for (const std::string& line : lines) {
    auto event = parse_event(line);
    if (event) {
      events.push_back(std::move(*event));
    } else {
      ADD_FAILURE() << line;
    }
  }
  return events;
}

/// Two frames, 0 and 1, in IRPs 24 and 25; the second one's DPC runs on CPU 1 while CPU 0 takes another interrupt.
inline std::vector<std::string> two_frames() {
  return {
      event_line(0, "ntos", "thread.start", R"(,"thread":1,"name":"boot")"),
      event_line(90, "ntos", "irp.create", R"(,"irp":24,"kind":"threaded")"),
      event_line(90, "ntos", "irp.call", R"(,"irp":24,"major":14,"driver":"vcapdrv")"),
      event_line(91, "ntos", "irp.create", R"(,"irp":25,"kind":"threaded")"),
      event_line(91, "ntos", "irp.call", R"(,"irp":25,"major":14,"driver":"vcapdrv")"),
      event_line(92, "ks", "pin.state", R"(,"pin":3,"from":2,"to":3,"status":0)"),
      event_line(1000, "sim", "frame.sof", R"(,"frame":0,"pix_cycle":1)"),
      event_line(2000, "sim", "frame.eof", R"(,"frame":0,"pix_cycle":2)"),
      event_line(2010, "sim", "irq.line", R"(,"line":16,"level":1)"),
      event_line(2100, "ntos", "isr.enter", R"(,"cpu":0,"line":16,"isr":1)"),
      event_line(2110, "sim", "irq.line", R"(,"line":16,"level":0)"),
      event_line(2120, "ntos", "dpc.queue", R"(,"cpu":0,"dpc":1)"),
      event_line(2120, "ntos", "isr.exit", R"(,"cpu":0,"line":16,"isr":1,"claimed":1)"),
      event_line(2130, "ntos", "dpc.enter", R"(,"cpu":0,"dpc":1)"),
      event_line(2131, "ks", "frame.complete", R"(,"pin":3,"irp":24,"frame":7,"bytes":64,"cpu":0)"),
      event_line(2132, "ntos", "irp.complete", R"(,"irp":24,"status":0,"information":56)"),
      event_line(2133, "ntos", "irp.done", R"(,"irp":24,"status":0,"information":56)"),
      event_line(2134, "ntos", "irp.free", R"(,"irp":24)"),
      event_line(2200, "proxy", "segment.complete", R"(,"segment":0,"samples":1,"status":0)"),
      // Delivered while the DPC still runs.
      event_line(2210, "proxy", "sample.deliver", R"(,"sample":0,"bytes":64,"time":78,"discontinuity":0)"),
      event_line(2240, "ntos", "dpc.exit", R"(,"cpu":0,"dpc":1)"),
      event_line(3000, "sim", "frame.sof", R"(,"frame":1,"pix_cycle":3)"),
      event_line(4000, "sim", "frame.eof", R"(,"frame":1,"pix_cycle":4)"),
      event_line(4010, "sim", "irq.message", R"(,"vector":0)"),
      event_line(4100, "ntos", "isr.enter", R"(,"cpu":1,"line":16,"isr":1)"),
      event_line(4120, "ntos", "isr.exit", R"(,"cpu":1,"line":16,"isr":1,"claimed":1)"),
      event_line(4130, "ntos", "dpc.enter", R"(,"cpu":1,"dpc":1)"),
      event_line(4131, "ntos", "isr.enter", R"(,"cpu":0,"line":17,"isr":2)"),
      event_line(4132, "ks", "frame.complete", R"(,"pin":3,"irp":25,"frame":8,"bytes":64,"cpu":1)"),
      event_line(4133, "ntos", "isr.exit", R"(,"cpu":0,"line":17,"isr":2,"claimed":1)"),
      event_line(4134, "ntos", "irp.done", R"(,"irp":25,"status":0,"information":56)"),
      event_line(4140, "ntos", "dpc.exit", R"(,"cpu":1,"dpc":1)"),
      event_line(4200, "proxy", "segment.complete", R"(,"segment":1,"samples":1,"status":0)"),
      event_line(4210, "proxy", "sample.deliver", R"(,"sample":1,"bytes":64,"time":238,"discontinuity":0)"),
      event_line(5000, "sim", "frame.sof", R"(,"frame":2,"pix_cycle":5)"),
  };
}

}  // namespace p2p::tb
