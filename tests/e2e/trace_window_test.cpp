// --trace window: nothing while all is well, the waveform around the first failure when it is not.
#include <algorithm>
#include <set>

#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

using Json = nlohmann::json;

class TraceWindow : public TracedProgram {
 protected:
  void SetUp() override {
    Program::SetUp();
    std::ofstream(folder_ / "late.toml") << "[latency]\npin_to_deliver_ns = 10\n";
  }
  /// The run failed, and there is a waveform that has what it should have of the cycles around `failure_cycle`.
  void expect_window(const Ran& ran, const std::string& out, std::uint64_t failure_cycle) const {
    ASSERT_EQ(ran.status, 1) << ran.out << ran.err;
    const Json window = summary(out)["trace_window"];
    ASSERT_TRUE(window.is_object()) << ran.err;
    EXPECT_EQ(window["failure_cycle"], failure_cycle);
    EXPECT_LE(window["from_cycle"], failure_cycle);
    EXPECT_GE(window["to_cycle"], failure_cycle);
    const RecordedWave wave = this->wave(out);
    std::uint64_t first = ~std::uint64_t{0}, last = 0;
    for (const RecordedWave::Change& clock : wave.changes("vcap.clk_i")) {
      first = std::min(first, clock.ps);
      last = std::max(last, clock.ps);
    }
    EXPECT_LE(first / kCyclePs, window["from_cycle"].get<std::uint64_t>() + 1);
    EXPECT_GE(last / kCyclePs + 1, window["to_cycle"].get<std::uint64_t>());
    EXPECT_NE(ran.err.find("pin2pin: waveform of bus cycles " + window["from_cycle"].dump() + " to "),
              std::string::npos)
        << ran.err;
    EXPECT_TRUE(fs::exists(folder_ / out / "trace.gtkw"));
  }
  std::uint64_t first_violation(const std::string& out) const {
    return summary(out)["checks"]["violations"][0]["cycle"].get<std::uint64_t>();
  }
};

/// Each change in order of time, those of one time and those to the same value as one.
std::vector<std::pair<std::uint64_t, std::string>> between(const RecordedWave& wave, const std::string& signal,
                                                           std::uint64_t from_ps, std::uint64_t to_ps) {
  std::vector<std::pair<std::uint64_t, std::string>> found{{from_ps, "not there"}};
  for (const RecordedWave::Change& change : wave.changes(signal)) {
    if (change.ps > to_ps) break;
    if (change.ps <= from_ps) found = {{from_ps, change.value}};
    if (change.ps > from_ps && change.value != found.back().second) found.emplace_back(change.ps, change.value);
  }
  return found;
}

TEST_F(TraceWindow, IsThatPartOfTheWholeWaveform) {
  const std::string run = "--size 160x120 --frames 4 --config late.toml --out ";
  const Ran windowed = pin2pin(run + "window --trace-before 3000 --trace-after 1500 --snapshot-cycles 4000");
  ASSERT_EQ(pin2pin(run + "whole --trace full").status, 1);
  expect_window(windowed, "window", first_violation("window"));
  const Json window = summary("window")["trace_window"];
  EXPECT_EQ(window["from_cycle"].get<std::uint64_t>() + 3000, window["failure_cycle"]);
  EXPECT_EQ(window["failure_cycle"].get<std::uint64_t>() + 1500, window["to_cycle"]);
  const RecordedWave part = wave("window"), whole = wave("whole");
  const std::uint64_t from = (window["from_cycle"].get<std::uint64_t>() + 2) * kCyclePs;
  const std::uint64_t to = window["to_cycle"].get<std::uint64_t>() * kCyclePs - 1;
  std::size_t changes = 0;
  ASSERT_EQ(part.signals_below("sw"), whole.signals_below("sw"));
  ASSERT_EQ(part.signals_below("vcap"), whole.signals_below("vcap"));
  for (const char* scope : {"sw", "vcap"}) {
    for (const std::string& signal : whole.signals_below(scope)) {
      EXPECT_EQ(between(part, signal, from, to), between(whole, signal, from, to)) << signal;
      changes += between(whole, signal, from, to).size();
    }
  }
  EXPECT_GT(changes, 50'000u);
}

// The device's error is where the run fails, not the end of what follows: the application stops and closes all.
TEST_F(TraceWindow, EndsWhereAReadFailed) {
  const Ran ran =
      pin2pin("--size 64x48 --frames 20 --inject slverr@write:20 --trace-before 500 --trace-after 100 --out out");
  constexpr std::int32_t kIoDeviceError = -1073741435;  // 0xC0000185
  std::uint64_t failed = 0;
  for (const Json& event : events("out"))
    if (event["ev"] == "segment.complete" && event["status"] == kIoDeviceError && failed == 0)
      failed = event["cycle"].get<std::uint64_t>();
  ASSERT_GT(failed, 0u);
  const std::uint64_t told = summary("out")["trace_window"]["failure_cycle"].get<std::uint64_t>();
  expect_window(ran, "out", told);
  EXPECT_GE(told, failed);
  EXPECT_LE(told, failed + 500) << "what the sink thread needs to see it";
}

TEST_F(TraceWindow, ChangesNothingAndLeavesNothingWhenAllIsWell) {
  const std::string run = "--size 64x48 --frames 4 --schedule random --seed 5 --out ";
  expect_pass(pin2pin(run + "off --trace off"), "off", 4);
  expect_pass(pin2pin(run + "window --snapshot-cycles 3000"), "window", 4);
  for (const char* file : {"events.jsonl", "capture.mkv", "contact.png"})
    EXPECT_TRUE(slurp(folder_ / "off" / file) == slurp(folder_ / "window" / file)) << file;
  EXPECT_FALSE(fs::exists(folder_ / "window/trace.fst"));
  EXPECT_FALSE(fs::exists(folder_ / "window/trace.gtkw"));
  EXPECT_TRUE(summary("window")["trace_window"].is_null());
  EXPECT_GT(summary("window")["performance"]["snapshot_peak_bytes"], 0);
  EXPECT_EQ(summary("off")["performance"]["snapshot_peak_bytes"], 0);
}

// The line that names it can be copied, whatever the folder is called.
TEST_F(TraceWindow, IsOpenedByACommandThatAShellTakes) {
  const Ran ran = pin2pin("--size 64x48 --frames 2 --config late.toml --out \"that driver's run\"");
  const std::string command = ": pin2pin view 'that driver'\\''s run'\n";
  EXPECT_NE(ran.err.find(command), std::string::npos) << ran.err;
  EXPECT_TRUE(fs::exists(folder_ / "that driver's run/trace.fst"));
}

TEST_F(TraceWindow, OffLeavesNoneOfAFailureEither) {
  EXPECT_EQ(pin2pin("--size 64x48 --frames 1 --config late.toml --trace off --out out").status, 1);
  EXPECT_FALSE(fs::exists(folder_ / "out/trace.fst"));
}

TEST_F(TraceWindow, IsTheSameWhereverTheSnapshotsAre) {
  for (const char* cycles : {"2000", "7001", "100000"}) {
    const std::string out = std::string("every") + cycles;
    const Ran ran = pin2pin("--size 64x48 --frames 8 --config late.toml --trace-before 2000 --snapshot-cycles " +
                            std::string(cycles) + " --out " + out);
    expect_window(ran, out, first_violation(out));
    EXPECT_TRUE(slurp(folder_ / out / "trace.fst") == slurp(folder_ / "every2000/trace.fst")) << cycles;
    EXPECT_TRUE(slurp(folder_ / out / "trace.gtkw") == slurp(folder_ / "every2000/trace.gtkw")) << cycles;
  }
}

TEST_F(TraceWindow, ReadsAFileOnceMore) {
  ASSERT_EQ(shell("ffmpeg -v error -f lavfi -i testsrc=size=160x120:rate=30 -frames:v 12 -c:v ffv1 clip.mkv").status,
            0);
  const Ran ran =
      pin2pin("--source clip.mkv --inject slverr@write:700 --snapshot-cycles 3000 --trace-before 4000 --out out");
  ASSERT_EQ(ran.status, 1) << ran.err;
  EXPECT_TRUE(summary("out")["trace_window"].is_object()) << ran.err;
  EXPECT_EQ(ran.err.find("no waveform"), std::string::npos) << "it came to the same failure: " << ran.err;
}

TEST_F(TraceWindow, OfABugCheckBeforeAnyFrame) {
  const Ran ran = pin2pin("--size 32x16 --frames 1 --driver e2e_double_completion --out out");
  expect_window(ran, "out", first_event("out", "bugcheck"));
}

TEST_F(TraceWindow, OfADriverThatSpins) {
  std::ofstream(folder_ / "short.toml") << "[limits]\nspin_ms = 100\n";
  const Ran ran = pin2pin("--size 32x16 --frames 1 --driver e2e_spins --config short.toml --out out");
  expect_window(ran, "out", first_event("out", "bugcheck"));
}

TEST_F(TraceWindow, OfATimeoutIsAtTheLastSignOfLife) {
  // Buffers that are never given back, once all are out: the application keeps each for a second.
  const Ran ran = pin2pin("--size 64x48 --frames 40 --hold-us 1000000 --timeout 5ms --out out");
  expect_window(ran, "out", summary("out")["trace_window"]["failure_cycle"]);
  EXPECT_NE(ran.err.find("pin2pin: --timeout 5ms was over\n"), std::string::npos) << ran.err;
  EXPECT_EQ(summary("out")["sim_time_ns"], 5'000'000);
  EXPECT_LT(summary("out")["trace_window"]["to_cycle"], 600'000);
}

TEST_F(TraceWindow, OfAnInterruptionIsWhatCameBefore) {
  for (const char* signal : {"INT", "TERM"}) {
    const Ran ran = shell(std::string("timeout --preserve-status -s ") + signal +
                          " 1 " P2P_PROGRAM " run --size 640x480 --frames 100000 --no-capture --out out");
    ASSERT_EQ(ran.status, 1) << ran.err;
    EXPECT_NE(ran.err.find(std::string("pin2pin: interrupted by SIG") + signal + "\n"), std::string::npos) << ran.err;
    const Json window = summary("out")["trace_window"];
    ASSERT_TRUE(window.is_object()) << ran.err;
    EXPECT_EQ(window["to_cycle"], summary("out")["cycles"]["bus"].get<std::uint64_t>());
    EXPECT_GT(wave("out").changes("vcap.clk_i").size(), 10'000u);
  }
}

TEST_F(TraceWindow, OfABusErrorLateInTheRun) {
  const Ran ran = pin2pin("--size 160x120 --frames 40 --inject slverr@write:9000 --snapshot-cycles 20000 --out out");
  expect_window(ran, "out", summary("out")["trace_window"]["failure_cycle"]);
  EXPECT_GT(summary("out")["trace_window"]["from_cycle"], 100'000);
  EXPECT_NE(ran.err.find("streaming stopped early"), std::string::npos);
}

TEST_F(TraceWindow, ShowsTheFailureInGtkwave) {
  const Ran ran = pin2pin("--size 64x48 --frames 4 --config late.toml --out out");
  ASSERT_EQ(ran.status, 1);
  const std::uint64_t at_ps = first_violation("out") * kCyclePs;
  const std::string marker = " " + std::to_string(at_ps) + " ";
  EXPECT_NE(slurp(folder_ / "out/trace.gtkw").find(marker), std::string::npos) << slurp(folder_ / "out/trace.gtkw");
}

}  // namespace
}  // namespace p2p::e2e
