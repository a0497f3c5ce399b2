// trace.perfetto.json: valid, and the same story as events.jsonl.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

using Json = nlohmann::json;

class Perfetto : public TracedProgram {
 protected:
  std::vector<Json> trace(const std::string& file) const {
    return Json::parse(slurp(folder_ / file)).at("traceEvents").get<std::vector<Json>>();
  }
  /// Sorted by time, and every beginning has its end.
  static void expect_sound(const std::vector<Json>& trace) {
    double last = 0;
    std::map<std::string, int> open;
    for (const Json& event : trace) {
      ASSERT_GE(event["ts"].get<double>(), last) << event;
      last = event["ts"];
      const std::string phase = event["ph"];
      const std::string track =
          event.contains("id") ? event["id"].get<std::string>() : event["pid"].dump() + "/" + event["tid"].dump();
      if (phase == "B" || phase == "b") ++open[track];
      if (phase == "E" || phase == "e") {
        ASSERT_GE(--open[track], 0) << event;
      }
    }
    for (const auto& [track, count] : open) EXPECT_EQ(count, 0) << track;
  }
};

TEST_F(Perfetto, AgreesWithTheEvents) {
  expect_pass(pin2pin("--size 64x48 --frames 4 --perfetto --schedule random --seed 3 --out out"), "out", 4);
  const std::vector<Json> slices = trace("out/trace.perfetto.json");
  expect_sound(slices);
  // Times in ns of what began, by kind.
  std::map<std::string, std::multiset<long long>> found, expected;
  const auto ns = [](const Json& event) { return std::llround(event["ts"].get<double>() * 1000); };
  for (const Json& slice : slices) {
    if (slice["ph"] == "B") found[slice["name"]].insert(ns(slice));
    if (slice["ph"] == "b" && slice.contains("args"))
      found[slice["cat"].get<std::string>() + " begins"].insert(ns(slice));
    if (slice["ph"] == "n") found["irp events"].insert(ns(slice));
    if (slice["ph"] == "C" && slice["name"] == "interrupt line") found["line"].insert(ns(slice));
  }
  std::set<std::uint64_t> irps;
  for (const Json& event : events("out")) {
    const long long at = event["ns"];
    if (event["ev"] == "isr.enter") expected["ISR"].insert(at);
    if (event["ev"] == "dpc.enter") expected["DPC"].insert(at);
    if (event["ev"] == "irq.line") expected["line"].insert(at);
    if (event["ev"] == "frame.sof") expected["frame begins"].insert(at);
    if (event.contains("irp")) {
      expected["irp events"].insert(at);
      if (irps.insert(event["irp"].get<std::uint64_t>()).second) expected["irp begins"].insert(at);
    }
  }
  for (const auto& [kind, times] : expected) {
    EXPECT_FALSE(times.empty()) << kind;
    EXPECT_EQ(found[kind], times) << kind;
  }
  // Every frame ends where its sample was delivered.
  std::multiset<long long> delivered, ended;
  for (const Json& event : events("out"))
    if (event["ev"] == "sample.deliver") delivered.insert(event["ns"].get<long long>());
  for (const Json& slice : slices) {
    if (slice["ph"] == "e" && slice["name"].get<std::string>().starts_with("frame ")) ended.insert(ns(slice));
  }
  EXPECT_EQ(ended, delivered);
}

TEST_F(Perfetto, ClosesWhatABugCheckLeftOpen) {
  pin2pin("--size 32x16 --frames 1 --driver e2e_double_completion --perfetto --out out");
  const std::vector<Json> slices = trace("out/trace.perfetto.json");
  expect_sound(slices);
  EXPECT_TRUE(std::any_of(slices.begin(), slices.end(),
                          [](const Json& slice) { return slice["ph"] == "i" && slice["name"] == "bugcheck"; }));
}

TEST_F(Perfetto, ShowsViolationsAtTheirTime) {
  std::ofstream(folder_ / "late.toml") << "[latency]\npin_to_deliver_ns = 10\n";
  pin2pin("--size 64x48 --frames 2 --config late.toml --perfetto --out out");
  const Json violation = summary("out")["checks"]["violations"][0];
  unsigned marks = 0;
  for (const Json& slice : trace("out/trace.perfetto.json")) {
    if (slice["ph"] != "i" || slice["name"] != "FRAME_LATENCY") continue;
    if (marks++ == 0) {
      EXPECT_EQ(slice["ts"].get<double>(), violation["cycle"].get<double>() * 8 / 1000);
    }
  }
  EXPECT_EQ(marks, 2u);
}

TEST_F(Perfetto, OfARecordedRunIsTheSame) {
  expect_pass(pin2pin("--size 64x48 --frames 2 --perfetto --out out"), "out", 2);
  expect_pass(pin2pin("--size 64x48 --frames 2 --out plain"), "plain", 2);
  EXPECT_FALSE(fs::exists(folder_ / "plain/trace.perfetto.json"));
  EXPECT_EQ(shell(P2P_PROGRAM " events plain --perfetto later.json").status, 0);
  EXPECT_TRUE(slurp(folder_ / "later.json") == slurp(folder_ / "out/trace.perfetto.json"));
  const Ran refused = shell(P2P_PROGRAM " events plain --perfetto nowhere/later.json");
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.err, "pin2pin: --perfetto nowhere/later.json: cannot be written\n");
}

TEST_F(Perfetto, TakesNoFileOfTheRunAndNoPartOfIt) {
  expect_pass(pin2pin("--size 64x48 --frames 2 --out out"), "out", 2);
  const std::string events = slurp(folder_ / "out/events.jsonl");
  const Ran own = shell(P2P_PROGRAM " events out --perfetto out/../out/events.jsonl");
  EXPECT_EQ(own.status, 2);
  EXPECT_EQ(own.err, "pin2pin: --perfetto out/../out/events.jsonl: belongs to the run; expected another file\n");
  EXPECT_TRUE(slurp(folder_ / "out/events.jsonl") == events);
  const Ran part = shell(P2P_PROGRAM " events out --perfetto part.json --frame 1");
  EXPECT_EQ(part.status, 2);
  EXPECT_EQ(part.err, "pin2pin: --frame: expected without --perfetto, which writes all of the run\n");
  EXPECT_FALSE(fs::exists(folder_ / "part.json"));
  EXPECT_EQ(shell(P2P_PROGRAM " events out --perfetto out/trace.perfetto.json").status, 0);
  EXPECT_EQ(shell(P2P_PROGRAM " events out --perfetto out/trace.perfetto.json").status, 0) << "once more";
}

TEST_F(Perfetto, IsThereWithoutTheChip) {
  ASSERT_EQ(pin2pin("--device none --driver example_av_source --frames 3 --perfetto --out out").status, 0);
  expect_sound(trace("out/trace.perfetto.json"));
}

}  // namespace
}  // namespace p2p::e2e
