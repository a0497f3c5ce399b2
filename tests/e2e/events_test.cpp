// events.jsonl as docs/events.md describes it, and `pin2pin events`, which answers from it.
#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using Line = nlohmann::ordered_json;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::set<std::string> quoted(const std::string& text) {
  std::set<std::string> words;
  static const std::regex word("`([^`]+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at) words.insert((*at)[1]);
  return words;
}

/// "ntos irp.call" to the names in backticks of its row's later columns: its fields.
std::map<std::string, std::set<std::string>> documented() {
  std::map<std::string, std::set<std::string>> events;
  for (const std::string& line : lines_of(slurp(fs::path(P2P_ROOT) / "docs/events.md"))) {
    static const std::regex row(R"(\| (\w+) \| ([^|]*) \| ([^|]*\|[^|]*) \|)");
    std::smatch cells;
    if (!std::regex_match(line, cells, row) || cells[1] == "src") continue;
    const std::string layer = cells[1];
    for (const std::string& name : quoted(cells[2]))
      events[std::string(layer).append(" ").append(name)] = quoted(cells[3]);
  }
  return events;
}

class Events : public Program {
 protected:
  Ran events(const std::string& arguments) const { return shell(std::string(P2P_PROGRAM) + " events " + arguments); }
  std::vector<std::string> recorded(const std::string& out = "out") const {
    return lines_of(slurp(folder_ / out / "events.jsonl"));
  }
  void expect_no_events(const std::string& arguments, const std::string& names) const {
    const Ran ran = events(arguments);
    EXPECT_EQ(ran.status, 2) << ran.out << ran.err;
    EXPECT_EQ(ran.error_lines(), 1u) << ran.err;
    EXPECT_NE(ran.err.find(names), std::string::npos) << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out;
  }
};

TEST_F(Events, AreThoseThatAreDocumented) {
  const auto rows = documented();
  ASSERT_GT(rows.size(), 40u);
  std::set<std::string> seen;
  for (const std::string& run : std::vector<std::string>{
           "--size 64x48 --frames 3", "--size 64x48 --frames 3 --schedule random --seed 7",
           "--size 64x48 --frames 3" + with_messages(), "--size 64x48 --frames 3 --inject slverr@write:9",
           "--size 32x16 --frames 1 --driver e2e_double_completion",
           "--device none --driver example_av_source --frames 3"}) {
    SCOPED_TRACE(run);
    pin2pin(run + " --out out");
    std::uint64_t cycle = 0, ns = 0;
    for (const std::string& text : recorded()) {
      const Line line = Line::parse(text);
      std::vector<std::string> keys;
      for (const auto& [key, value] : line.items()) keys.push_back(key);
      ASSERT_GE(keys.size(), 4u) << text;
      EXPECT_EQ((std::vector<std::string>(keys.begin(), keys.begin() + 4)),
                (std::vector<std::string>{"cycle", "ns", "src", "ev"}))
          << text;
      EXPECT_GE(line["cycle"].get<std::uint64_t>(), cycle) << text;
      EXPECT_GE(line["ns"].get<std::uint64_t>(), ns) << text;
      cycle = line["cycle"];
      ns = line["ns"];
      const std::string event = line["src"].get<std::string>() + " " + line["ev"].get<std::string>();
      const auto row = rows.find(event);
      ASSERT_NE(row, rows.end()) << text << ": docs/events.md has no " << event;
      for (auto key = keys.begin() + 4; key != keys.end(); ++key)
        EXPECT_TRUE(row->second.contains(*key)) << text << ": docs/events.md has no field " << *key << " of " << event;
      seen.insert(event);
    }
    fs::remove_all(folder_ / "out");
  }
  EXPECT_GT(seen.size(), 30u);
}

TEST_F(Events, OfAnIrpAreAllThatNameIt) {
  pin2pin("--size 64x48 --frames 3 --out out");
  for (const std::string irp : {"1", "24", "25"}) {
    std::vector<std::string> expected;
    for (const std::string& line : recorded()) {
      if (std::regex_search(line, std::regex("\"irp\":" + irp + "[,}]"))) expected.push_back(line);
    }
    ASSERT_GT(expected.size(), 3u);
    EXPECT_EQ(lines_of(events("out --json --irp " + irp).out), expected);
  }
}

// The report knows by the scoreboard, which compares bytes, which IRP carried a frame; the events alone must say so,
// too.
TEST_F(Events, OfAFrameAreThoseOnItsWayToTheApplication) {
  pin2pin("--size 64x48 --frames 5 --schedule random --seed 4 --out out");
  const std::string report = slurp(folder_ / "out/report.html");
  for (const std::string frame : {"0", "3", "4"}) {
    SCOPED_TRACE("frame " + frame);
    std::smatch row;
    ASSERT_TRUE(std::regex_search(report, row, std::regex("<tr><td>" + frame + "<td>(\\d+)<td>(\\d+)<td>\\d+<td>")));
    std::vector<std::string> names;
    std::uint64_t cycle = 0;
    for (const std::string& text : lines_of(events("out --json --frame " + frame).out)) {
      const Line line = Line::parse(text);
      if (line.contains("irp")) {
        EXPECT_EQ(line["irp"].dump(), row[1].str()) << text;
      }
      if (line["src"] == "sim" && line.contains("frame")) {
        EXPECT_EQ(line["frame"].dump(), frame) << text;
      }
      EXPECT_GE(line["cycle"].get<std::uint64_t>(), cycle);
      cycle = line["cycle"];
      names.push_back(line["ev"]);
    }
    for (const char* name : {"irp.create", "queue.insert", "frame.sof", "frame.eof", "irq.line", "isr.enter",
                             "dpc.enter", "frame.complete", "irp.done", "segment.complete", "sample.deliver"})
      EXPECT_EQ(std::count(names.begin(), names.end(), name), std::string(name) == "irq.line" ? 2 : 1) << name;
  }
}

TEST_F(Events, OfASpanOfAPinAndOfAName) {
  pin2pin("--size 64x48 --frames 3 --out out");
  std::vector<std::string> span, states, calls;
  for (const std::string& text : recorded()) {
    const Line line = Line::parse(text);
    const std::uint64_t cycle = line["cycle"];
    if (cycle >= 5000 && cycle <= 10150) span.push_back(text);
    if (line["ev"] == "pin.state" && line["pin"] == 3) states.push_back(text);
    if (line["ev"].get<std::string>().starts_with("irp.c") && cycle >= 5000) calls.push_back(text);
  }
  ASSERT_FALSE(span.empty() || states.empty() || calls.empty());
  EXPECT_EQ(lines_of(events("out --json --from 5000 --to 10150").out), span);
  EXPECT_EQ(lines_of(events("out --json --pin 3 --name pin.state").out), states);
  EXPECT_EQ(lines_of(events("out --json --name 'irp.c*' --from 5000").out), calls);
  EXPECT_EQ(lines_of(events("out --json").out), recorded());
}

// Whatever a driver prints.
TEST_F(Events, AreALineEachWithCycleAndTime) {
  fs::create_directories(folder_ / "out");
  const std::string call = R"({"cycle":1547,"ns":12376,"src":"ntos","ev":"irp.call","irp":4,"major":27})",
                    print = R"({"cycle":2000,"ns":16000,"src":"ntos","ev":"dbgprint","text":"a \"word\"\u000a\u001b"})",
                    odd = "{\"cycle\":2001,\"ns\":16008,\"src\":\"ntos\",\"ev\":\"dbgprint\",\"text\":\"\xFC\"}";
  std::ofstream(folder_ / "out/events.jsonl") << call << "\n" << print << "\n" << odd << "\n";
  EXPECT_EQ(
      lines_of(events("out").out),
      (std::vector<std::string>{"   bus cycle           time  layer  event",
                                "        1547         12.376 us  ntos   irp.call           irp=4 major=PNP",
                                "        2000         16.000 us  ntos   dbgprint           text=a \"word\"\\x0A\\x1B",
                                "        2001         16.008 us  ntos   dbgprint           text=?"}));
  EXPECT_EQ(lines_of(events("out --json").out), (std::vector<std::string>{call, print, odd}));
}

// A run that was killed: its last line has no end, and there is no summary.
TEST_F(Events, AreThereAfterAKill) {
  pin2pin("--size 64x48 --frames 3 --out out");
  const std::vector<std::string> all = recorded();
  std::ofstream cut(folder_ / "out/events.jsonl");
  for (std::size_t i = 0; i + 1 < all.size(); ++i) cut << all[i] << "\n";
  cut << all.back().substr(0, all.back().size() / 2);
  cut.close();
  fs::remove(folder_ / "out/summary.json");
  EXPECT_EQ(lines_of(events("out --json").out), std::vector<std::string>(all.begin(), all.end() - 1));
  EXPECT_EQ(events("out --irp 24").status, 0);
  EXPECT_EQ(events("out --frame 0").status, 0);
  const Ran ran = events("out --perfetto trace.json");
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_TRUE(Line::parse(slurp(folder_ / "trace.json")).contains("traceEvents"));
}

TEST_F(Events, SayWhatTheRunDoesNotHave) {
  pin2pin("--size 64x48 --frames 3 --out out");
  expect_no_events("nowhere", "nowhere/events.jsonl: cannot be read; expected the folder of a run");
  expect_no_events("out --irp -1", "--irp: expected a whole number, 0 or more, not -1");
  expect_no_events("out --frame -1", "--frame: expected a whole number, 0 or more, not -1");
  expect_no_events("out --from 10 --to 5", "--from 10 --to 5: expected the first cycle, then the last");
  expect_no_events("out --pin 0", "--pin 0: the run's first is ");
  expect_no_events("out --irp 0", "--irp 0: the run's first is 1");
  expect_no_events("out --irp 9999", "--irp 9999: the run's last is ");
  expect_no_events("out --irp x", "--irp: expected a whole number, 0 or more, not x");
  expect_no_events("out --name irp.crate", "--name irp.crate: the run had none; expected a name that docs/events.md");
  expect_no_events("out --frame 3", "--frame 3: the run's last is 2");
  expect_no_events("", "DIR is required");
  std::ofstream(folder_ / "out/summary.json") << "{";
  expect_no_events("out --perfetto trace.json", "out/summary.json: expected the summary of a run");
  EXPECT_FALSE(fs::exists(folder_ / "trace.json"));
  std::ofstream(folder_ / "out/events.jsonl", std::ios::app) << "{\"cycle\":1}\n";
  expect_no_events("out", "/events.jsonl:" + std::to_string(recorded().size()) + ": expected an event with cycle, ns");
}

}  // namespace
}  // namespace p2p::e2e
