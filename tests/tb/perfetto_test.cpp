// The trace for Perfetto: valid, sorted, every beginning with its end, and what the events say.
#include "tb/events/perfetto.h"

#include <nlohmann/json.hpp>

#include <map>
#include <set>

#include "tests/tb/recorded.h"

namespace p2p::tb {
namespace {

using Json = nlohmann::json;

constexpr const char* kSummary = R"({"clocks_hz":{"bus":125000000,"pixel":100000000},"cycles":{"bus":5001},
  "checks":{"violations":[{"rule":"AXI4_AW_4K","clock":"bus","cycle":1500,"text":"crosses"},
                          {"rule":"AXIS_STABLE","clock":"pixel","cycle":1000,"text":"changed"}]},
  "bus":{"over_time":{"span_cycles":4096,"w_beats":[1024,905],"r_beats":[0,1]}}})";

std::vector<Json> traced(const std::vector<std::string>& lines, const std::string& summary = "") {
  return Json::parse(perfetto_json(parse_events(lines), summary)).at("traceEvents").get<std::vector<Json>>();
}
std::vector<Json> only(const std::vector<Json>& trace, const std::string& phase, const std::string& name = "") {
  std::vector<Json> chosen;
  for (const Json& event : trace) {
    if (event["ph"] == phase && (name.empty() || event["name"] == name)) chosen.push_back(event);
  }
  return chosen;
}

/// Sorted, and whatever begins ends, the innermost first.
void expect_sound(const std::vector<Json>& trace) {
  double last = 0;
  std::map<std::string, std::vector<std::string>> open;
  for (const Json& event : trace) {
    EXPECT_GE(event["ts"].get<double>(), last) << event;
    last = event["ts"];
    const std::string phase = event["ph"];
    const std::string track =
        event.contains("id") ? event["id"].get<std::string>() : event["pid"].dump() + "/" + event["tid"].dump();
    if (phase == "B" || phase == "b") open[track].push_back(event["name"]);
    if (phase != "E" && phase != "e") continue;
    ASSERT_FALSE(open[track].empty()) << event;
    if (phase == "e") {
      EXPECT_EQ(open[track].back(), event["name"]) << event;
    }
    open[track].pop_back();
  }
  for (const auto& [track, names] : open) EXPECT_TRUE(names.empty()) << track << " " << names.front();
}

TEST(Perfetto, IsSortedAndClosesWhatItOpens) { expect_sound(traced(two_frames(), kSummary)); }

TEST(Perfetto, ClosesWhatARunThatStoppedLeftOpen) {
  std::vector<std::string> lines = two_frames();
  lines.push_back(event_line(6000, "ntos", "isr.enter", R"(,"cpu":0,"line":16,"isr":1)"));
  lines.push_back(event_line(6001, "ntos", "bugcheck", R"(,"code":68,"rule":"R","message":"stop")"));
  const auto trace = traced(lines);
  expect_sound(trace);
  EXPECT_EQ(only(trace, "i", "bugcheck").size(), 1u);
}

// A name goes to the last thread of that number, of whichever process.
TEST(Perfetto, NumbersThreadsOnceInAllGroups) {
  std::map<Json, Json> process_of;
  for (const Json& event : traced(two_frames(), kSummary))
    EXPECT_EQ(process_of.try_emplace(event["tid"], event["pid"]).first->second, event["pid"]) << event;
  EXPECT_GE(process_of.size(), 7u);
}

TEST(Perfetto, PutsRoutinesOnTheirProcessors) {
  const auto trace = traced(two_frames());
  const auto isr = only(trace, "B", "ISR"), dpc = only(trace, "B", "DPC");
  ASSERT_EQ(isr.size(), 3u);
  ASSERT_EQ(dpc.size(), 2u);
  EXPECT_EQ(isr[0]["ts"], 16.8) << "2100 cycles of 8 ns, in us";
  EXPECT_NE(isr[0]["tid"], isr[1]["tid"]);
  EXPECT_EQ(isr[0]["tid"], dpc[0]["tid"]);
  EXPECT_EQ(isr[0]["args"]["cycle"], 2100);
}

TEST(Perfetto, ShowsFramesByHopAndIrpsByLife) {
  const auto trace = traced(two_frames());
  const auto frames = only(trace, "b", "frame 1");
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0]["args"]["irp"], 25);
  std::set<std::string> hops;
  for (const Json& event : trace) {
    if (event["ph"] == "b" && event["id"] == "frame1") hops.insert(event["name"]);
  }
  EXPECT_EQ(hops, (std::set<std::string>{"frame 1", "pins", "chip and memory", "interrupt", "ISR", "DPC", "completion",
                                         "user mode"}));
  const auto irp = only(trace, "b", "IRP 24 DEVICE_CONTROL");
  ASSERT_EQ(irp.size(), 1u);
  EXPECT_EQ(irp[0]["ts"], 0.72);
  EXPECT_EQ(only(trace, "e", "IRP 24 DEVICE_CONTROL").at(0)["ts"], 17.072);
}

TEST(Perfetto, ShowsWhileTheDeviceMayReachABuffer) {
  const auto trace = traced({event_line(10, "ntos", "dma.map", R"(,"mapping":1,"kind":"list","address":4096,"irp":24)"),
                             event_line(11, "ntos", "dma.map", R"(,"mapping":2,"kind":"common buffer","address":8192)"),
                             event_line(20, "ntos", "dma.unmap", R"(,"mapping":1)"),
                             event_line(30, "ntos", "thread.exit", R"(,"thread":1,"name":"boot")")});
  expect_sound(trace);
  EXPECT_EQ(only(trace, "e", "mapping 1").at(0)["ts"], 0.16);
  EXPECT_EQ(only(trace, "e", "mapping 2").at(0)["ts"], 0.24) << "until the end";
}

TEST(Perfetto, ShowsTheLineTheBusAndTheVerdicts) {
  const auto trace = traced(two_frames(), kSummary);
  EXPECT_EQ(only(trace, "C", "interrupt line").size(), 2u);
  const auto bus = only(trace, "C", "bus, % of cycles with a beat");
  ASSERT_EQ(bus.size(), 3u);
  EXPECT_EQ(bus[0]["args"]["written"], 25.0);
  EXPECT_EQ(bus[1]["args"]["written"], 100.0) << "905 cycles are left of the run";
  EXPECT_EQ(only(trace, "i", "AXI4_AW_4K").at(0)["ts"], 12.0);
  EXPECT_EQ(only(trace, "i", "AXIS_STABLE").at(0)["ts"], 10.0) << "in pixel cycles of 10 ns";
}

TEST(Perfetto, IsValidWithoutEventsAndWithWhateverADriverPrints) {
  expect_sound(traced({}));
  expect_sound(traced({event_line(1, "ntos", "warning", ",\"message\":\"\xFC\"")}));
}

}  // namespace
}  // namespace p2p::tb
