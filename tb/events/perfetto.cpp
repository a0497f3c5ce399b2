#include "tb/events/perfetto.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <utility>

#include "tb/events/event_words.h"
#include "tb/events/frame_story.h"
#include "tb/events/irp_major.h"
#include "tb/events/ks_state.h"
#include "tb/events/line_head.h"

namespace p2p::tb {
namespace {

using nlohmann::ordered_json;

/// The groups of tracks: processes in the format's words.
enum Group : unsigned { kCpus = 1, kThreads, kPins, kIrps, kFrames, kMappings, kMachine };
static_assert(kMachine < 10);  // Trace::tid_of
constexpr std::array<std::pair<Group, const char*>, 7> kGroups{{{kCpus, "CPUs"},
                                                                {kThreads, "threads"},
                                                                {kPins, "pins"},
                                                                {kIrps, "IRPs"},
                                                                {kFrames, "frames"},
                                                                {kMappings, "DMA mappings"},
                                                                {kMachine, "bus, interrupt, verdicts"}}};

class Trace {
 public:
  explicit Trace(const std::vector<RecordedEvent>& events) : events_(events) {
    for (const auto& [group, name] : kGroups) {
      const std::uint64_t tid = tid_of({group, 0});
      add(0, {{"ph", "M"}, {"name", "process_name"}, {"pid", group}, {"tid", tid}, {"args", {{"name", name}}}});
      add(0, {{"ph", "M"},
              {"name", "process_sort_index"},
              {"pid", group},
              {"tid", tid},
              {"args", {{"sort_index", group}}}});
    }
    if (!events.empty()) end_ns_ = events.back().ns;
  }

  void take_events() {
    for (const RecordedEvent& event : events_) {
      if (event.name.starts_with("isr.") || event.name.starts_with("dpc.")) {
        processor(event);
      } else if (event.name.starts_with("thread.")) {
        thread(event);
      } else if (event.layer == "ks" && event.name.starts_with("pin.")) {
        pin(event);
      } else if (event.name == "irq.line") {
        counter(event.ns, "interrupt line", {{"level", event.number("level").value_or(0)}});
      } else if (event.name == "irq.message" || event.name == "dma.fault" || event.name == "bus.error" ||
                 event.name == "bugcheck" || event.name == "warning" || event.name == "exception" ||
                 event.name == "allocation.refused") {
        instant(event.ns, event.name, arguments(event));
      }
    }
    while (!open_.empty()) end(end_ns_, open_.begin()->first);
    mappings();
    irps();
    frames();
  }

  void take_summary(const ordered_json& summary) {
    if (!summary.is_object()) return;
    const auto& hz = summary.at("clocks_hz");
    const auto ns_of = [&hz](const ordered_json& cycle, const char* clock) {
      const auto rate = hz.at(clock).get<double>();
      return rate <= 0 ? 0 : static_cast<std::uint64_t>(cycle.get<double>() * 1e9 / rate);
    };
    for (const auto& violation : summary.at("checks").at("violations")) {
      instant(ns_of(violation.at("cycle"), violation.at("clock").get<std::string>().c_str()),
              violation.at("rule").get<std::string>(),
              {{"text", violation.at("text")}, {"cycle", violation.at("cycle")}});
    }
    const auto& use = summary.at("bus").at("over_time");
    if (!use.is_object()) return;
    const auto span = use.at("span_cycles").get<std::uint64_t>();
    const auto all = summary.at("cycles").at("bus").get<std::uint64_t>();
    for (std::size_t i = 0; i < use.at("w_beats").size(); ++i) {
      const std::uint64_t from = i * span, cycles = std::min(span, all - from);
      const auto percent = [&](const char* beats) {
        return 100.0 * use.at(beats)[i].get<double>() / static_cast<double>(cycles);
      };
      counter(ns_of(from, "bus"), "bus, % of cycles with a beat",
              {{"written", percent("w_beats")}, {"read", percent("r_beats")}});
    }
    if (!use.at("w_beats").empty())
      counter(ns_of(all, "bus"), "bus, % of cycles with a beat", {{"written", 0}, {"read", 0}});
  }

  std::string text() {
    std::stable_sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) { return a.ns < b.ns; });
    std::string out = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
    for (const Line& line : lines_) {
      out += line.text;
      out += &line == &lines_.back() ? "\n" : ",\n";
    }
    return out + "]}\n";
  }

 private:
  struct Line {
    std::uint64_t ns;
    std::string text;
  };
  using Track = std::pair<unsigned, std::uint64_t>;  // group, number in it; 0: of the group itself

  /// Perfetto takes thread numbers, like Linux', for unique in all processes, and a name for the last such thread's.
  static std::uint64_t tid_of(Track track) { return track.second * 10 + track.first; }

  /// Times are us in this format; three decimals keep the ns.
  void add(std::uint64_t ns, const ordered_json& event) {
    std::array<char, 48> time;
    std::snprintf(time.data(), time.size(), ",\"ts\":%llu.%03u}", static_cast<unsigned long long>(ns / 1000),
                  static_cast<unsigned>(ns % 1000));
    // What drivers print need not be UTF-8.
    std::string text = event.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    text.pop_back();
    lines_.push_back({ns, text + time.data()});
  }
  static ordered_json arguments(const RecordedEvent& event) {
    ordered_json arguments = {{"cycle", event.cycle}};
    for (const RecordedEvent::Field& field : in_words(event).fields) arguments[field.name] = field.value;
    return arguments;
  }

  void name_track(Track track, const std::string& name) {
    if (!named_.try_emplace(track, true).second) return;
    add(0, {{"ph", "M"},
            {"name", "thread_name"},
            {"pid", track.first},
            {"tid", tid_of(track)},
            {"args", {{"name", name}}}});
  }
  void begin(std::uint64_t ns, Track track, const std::string& name, const ordered_json& with) {
    add(ns, {{"ph", "B"}, {"name", name}, {"pid", track.first}, {"tid", tid_of(track)}, {"args", with}});
    ++open_[track];
  }
  /// Nothing if nothing is open there: the log may begin in the middle.
  void end(std::uint64_t ns, Track track) {
    const auto open = open_.find(track);
    if (open == open_.end()) return;
    add(ns, {{"ph", "E"}, {"pid", track.first}, {"tid", tid_of(track)}});
    if (--open->second == 0) open_.erase(open);
  }
  void instant(std::uint64_t ns, const std::string& name, const ordered_json& with) {
    add(ns,
        {{"ph", "i"}, {"s", "g"}, {"name", name}, {"pid", kMachine}, {"tid", tid_of({kMachine, 0})}, {"args", with}});
  }
  void counter(std::uint64_t ns, const char* name, const ordered_json& values) {
    add(ns, {{"ph", "C"}, {"name", name}, {"pid", kMachine}, {"tid", tid_of({kMachine, 0})}, {"args", values}});
  }
  /// One of many that overlap: `phase` b, n or e.
  void async(std::uint64_t ns, const char* phase, Group group, const std::string& id, const std::string& name,
             const ordered_json& with = nullptr) {
    ordered_json event = {{"ph", phase},  {"cat", group == kIrps ? "irp" : group == kFrames ? "frame" : "dma"},
                          {"id", id},     {"name", name},
                          {"pid", group}, {"tid", tid_of({group, 0})}};
    if (!with.is_null()) event["args"] = with;
    add(ns, event);
  }

  void processor(const RecordedEvent& event) {
    const std::uint64_t cpu = event.number("cpu").value_or(0);
    const Track track{kCpus, cpu + 1};
    name_track(track, "CPU " + std::to_string(cpu));
    if (event.name == "isr.enter") begin(event.ns, track, "ISR", arguments(event));
    if (event.name == "dpc.enter") begin(event.ns, track, "DPC", arguments(event));
    if (event.name == "isr.exit" || event.name == "dpc.exit") end(event.ns, track);
  }

  void thread(const RecordedEvent& event) {
    const std::uint64_t id = event.number("thread").value_or(0);
    const Track track{kThreads, id};
    std::string name = "thread " + std::to_string(id);
    for (const RecordedEvent::Field& field : event.fields)
      if (field.name == "name") name = field.value;
    name_track(track, name);
    if (event.name == "thread.start") begin(event.ns, track, name, arguments(event));
    if (event.name == "thread.exit") end(event.ns, track);
  }

  void pin(const RecordedEvent& event) {
    const std::uint64_t id = event.number("pin").value_or(0);
    const Track track{kPins, id + 1};
    name_track(track, "pin " + std::to_string(id));
    if (event.name == "pin.state") {
      if (event.number("status") != 0u) return;
      const std::uint64_t to = event.number("to").value_or(0);
      end(event.ns, track);
      if (to < kKsStates.size()) begin(event.ns, track, kKsStates.at(to), arguments(event));
    } else if (event.name == "pin.close") {
      end(event.ns, track);
    }
  }

  void mappings() {
    std::map<std::uint64_t, std::string> open;
    const auto id = [](std::uint64_t mapping) { return "dma" + std::to_string(mapping); };
    for (const RecordedEvent& event : events_) {
      const std::uint64_t mapping = event.number("mapping").value_or(0);
      if (event.name == "dma.map") {
        open[mapping] = "mapping " + std::to_string(mapping);
        async(event.ns, "b", kMappings, id(mapping), open[mapping], arguments(event));
      } else if (event.name == "dma.unmap" && open.contains(mapping)) {
        async(event.ns, "e", kMappings, id(mapping), open.extract(mapping).mapped());
      }
    }
    for (const auto& [mapping, name] : open) async(end_ns_, "e", kMappings, id(mapping), name);
  }

  /// From its first event to its last; what happens in between as marks on it.
  void irps() {
    struct Life {
      const RecordedEvent* last;
      std::string name;
    };
    std::map<std::uint64_t, Life> lives;
    for (const RecordedEvent& event : events_) {
      const auto irp = event.number("irp");
      if (!irp || *irp == 0) continue;
      Life& life = lives.try_emplace(*irp, Life{&event, "IRP " + std::to_string(*irp)}).first->second;
      life.last = &event;
      if (event.name == "irp.call" && life.name.rfind(' ') == 3)
        life.name.append(" ").append(irp_major_name(event.number("major").value_or(~std::uint64_t{0})));
    }
    std::map<std::uint64_t, bool> begun;
    for (const RecordedEvent& event : events_) {
      const auto irp = event.number("irp");
      if (!irp || *irp == 0) continue;
      const Life& life = lives.at(*irp);
      const std::string id = "irp" + std::to_string(*irp);
      if (begun.try_emplace(*irp, true).second) async(event.ns, "b", kIrps, id, life.name, {{"irp", *irp}});
      async(event.ns, "n", kIrps, id, event.name, arguments(event));
      if (&event == life.last) async(event.ns, "e", kIrps, id, life.name);
    }
  }

  void frames() {
    for (const FrameStory& frame : follow_frames(events_)) {
      const std::string id = "frame" + std::to_string(frame.frame), name = "frame " + std::to_string(frame.frame);
      const std::array<std::pair<const char*, const RecordedEvent*>, 7> hops{{{"pins", frame.eof},
                                                                              {"chip and memory", frame.interrupt},
                                                                              {"interrupt", frame.isr},
                                                                              {"ISR", frame.dpc},
                                                                              {"DPC", frame.complete},
                                                                              {"completion", frame.irp_done},
                                                                              {"user mode", frame.deliver}}};
      ordered_json with = {{"frame", frame.frame}};
      if (frame.irp != 0) with["irp"] = frame.irp;
      async(frame.sof->ns, "b", kFrames, id, name, with);
      std::uint64_t from = frame.sof->ns;
      for (const auto& [hop, until] : hops) {
        if (until == nullptr || until->ns < from) continue;
        async(from, "b", kFrames, id, hop);
        async(until->ns, "e", kFrames, id, hop);
        from = until->ns;
      }
      async(from, "e", kFrames, id, name);
    }
  }

  const std::vector<RecordedEvent>& events_;
  std::uint64_t end_ns_ = 0;
  std::vector<Line> lines_;
  std::map<Track, unsigned> open_;  // how many slices
  std::map<Track, bool> named_;
};

}  // namespace

std::string perfetto_json(const std::vector<RecordedEvent>& events, const std::string& summary) {
  Trace trace(events);
  trace.take_events();
  if (!summary.empty()) trace.take_summary(ordered_json::parse(summary));
  return trace.text();
}

}  // namespace p2p::tb
