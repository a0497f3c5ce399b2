// pin2pin replay: the recorded run again, to the event; and what departs from its record is named.
#include <regex>

#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

using Json = nlohmann::json;

class Replay : public TracedProgram {
 protected:
  Ran replay(const std::string& arguments) const { return shell(P2P_PROGRAM " replay " + arguments); }
  void write(const std::string& file, const std::string& content) const { std::ofstream(folder_ / file) << content; }
  std::uint64_t lines(const std::string& file) const {
    const std::string text = slurp(folder_ / file);
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

TEST_F(Replay, RepeatsARunAndTracesWhatIsAskedFor) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 3 --schedule random --seed 5 --out out").status, 0);
  const Ran ran = replay("out --from 5000 --to 6000");
  expect_pass(ran, "out.replay", 3);
  EXPECT_NE(ran.out.find(std::to_string(lines("out/events.jsonl")) + " events as in"), std::string::npos) << ran.out;
  for (const char* file : {"events.jsonl", "capture.mkv", "contact.png", "run.json"})
    EXPECT_TRUE(slurp(folder_ / "out" / file) == slurp(folder_ / "out.replay" / file)) << file;
  const RecordedWave wave = this->wave("out.replay");
  const auto& clock = wave.changes("vcap.clk_i");
  ASSERT_FALSE(clock.empty());
  EXPECT_GE(clock.front().ps, 5000 * kCyclePs);
  EXPECT_LE(clock.front().ps, 5001 * kCyclePs);
  EXPECT_GE(clock.back().ps, 6000 * kCyclePs);
  EXPECT_LE(clock.back().ps, 6001 * kCyclePs);
  EXPECT_EQ(summary("out.replay")["trace_window"]["from_cycle"], 5000);
}

TEST_F(Replay, WithoutCyclesIsTheWholeWaveform) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 2 --trace full --out out").status, 0);
  EXPECT_EQ(replay("out --out again").status, 0);
  EXPECT_TRUE(slurp(folder_ / "out/trace.fst") == slurp(folder_ / "again/trace.fst"));
  EXPECT_TRUE(slurp(folder_ / "out/trace.gtkw") == slurp(folder_ / "again/trace.gtkw"));
}

TEST_F(Replay, ComesToTheSameFailures) {
  write("late.toml", "[latency]\npin_to_deliver_ns = 10\n");
  for (const char* options : {"--config late.toml", "--inject slverr@write:50", "--driver e2e_double_completion",
                              "--driver e2e_recursive_lock"}) {
    const Ran recorded = pin2pin(std::string("--size 64x48 --frames 8 --out out ") + options);
    const Ran again = replay("out --from 100 --to 900 --out again");
    EXPECT_EQ(recorded.status, 1) << options;
    EXPECT_EQ(again.status, 1) << options;
    EXPECT_EQ(again.err.find("departs"), std::string::npos) << again.err;
    EXPECT_EQ(again.err.find("ends otherwise"), std::string::npos) << again.err;
    for (const char* key : {"checks", "failures", "cycles"})
      EXPECT_EQ(summary("out")[key], summary("again")[key]) << options << " " << key;
    // The parameters of a bug check may be addresses of the host, each time others.
    Json bugchecks[] = {summary("out")["verifier"]["bugcheck"], summary("again")["verifier"]["bugcheck"]};
    for (Json& bugcheck : bugchecks)
      if (bugcheck.is_object()) bugcheck.erase("parameters");
    EXPECT_EQ(bugchecks[0], bugchecks[1]) << options;
    EXPECT_TRUE(fs::exists(folder_ / "again/trace.fst"));
  }
}

TEST_F(Replay, StopsWithTheFirstEventThatDeparts) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 4 --out out").status, 0);
  std::istringstream recorded(slurp(folder_ / "out/events.jsonl"));
  std::ofstream changed(folder_ / "out/events.jsonl");
  std::string line;
  for (unsigned number = 1; std::getline(recorded, line); ++number)
    changed << (number == 100 ? "{\"cycle\":1,\"ns\":8,\"src\":\"sim\",\"ev\":\"other\"}" : line) << "\n";
  changed.close();
  const Ran ran = replay("out");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(
      ran.err.find("out/events.jsonl at line 100: recorded {\"cycle\":1,\"ns\":8,\"src\":\"sim\",\"ev\":\"other\"}, "
                   "now {\"cycle\":"),
      std::string::npos)
      << ran.err;
  EXPECT_EQ(summary("out.replay")["frames"]["delivered"], 0) << "it stopped there";
  EXPECT_LE(lines("out.replay/events.jsonl"), 110u);
}

TEST_F(Replay, NoticesAnotherEnd) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 2 --out out").status, 0);
  Json changed = summary("out");
  changed["frames"]["sha256"] = "0";
  write("out/summary.json", changed.dump());
  const Ran ran = replay("out");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("ends otherwise than"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("out/summary.json: frames {"), std::string::npos) << ran.err;
}

TEST_F(Replay, OfADriverWithItsOwnHardware) {
  ASSERT_EQ(pin2pin("--device none --driver example_av_source --frames 3 --out out").status, 0);
  const Ran ran = replay("out");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_TRUE(slurp(folder_ / "out/events.jsonl") == slurp(folder_ / "out.replay/events.jsonl"));
  const Ran traced = replay("out --from 5");
  EXPECT_EQ(traced.status, 2);
  EXPECT_NE(traced.err.find("--from, --to: expected a run with the chip"), std::string::npos) << traced.err;
}

TEST_F(Replay, RefusesWhatIsNoRun) {
  expect_refused(replay("nowhere"), "nowhere/run.json: not there; expected the folder of a run");
  write("late.toml", "[latency]\npin_to_deliver_ns = 10\n");
  ASSERT_EQ(pin2pin("--size 64x48 --frames 1 --config late.toml --out run").status, 1);
  expect_refused(replay("run --out run"),
                 "--out run: holds the run that is replayed, or is in it; expected another folder");
  expect_refused(replay("run --out run/again"), "--out run/again: holds the run that is replayed, or is in it");
  expect_refused(replay("run --from 7 --to 7"), "--to 7: expected a cycle after --from 7");
  expect_refused(replay("run --from -7"), "--from: expected a whole number, 0 or more, not -7");
  expect_refused(replay("run --to 1000000000001"), "--to 1000000000001: expected at most 1000000000000");
  write("late.toml", "[latency]\npin_to_deliver_ns = 11\n");
  expect_refused(replay("run"), "late.toml: is another than when ");
}

TEST_F(Replay, SaysWhenTheRunWasOverBefore) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 1 --out run").status, 0);
  expect_refused(replay("run --from 99000000"), "run ended at bus cycle ");
  fs::remove(folder_ / "run/summary.json");  // so it is known when the replay is over
  const Ran ran = replay("run --from 99000000");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("--from 99000000: the run ended at bus cycle "), std::string::npos) << ran.err;
  EXPECT_FALSE(fs::exists(folder_ / "run.replay/trace.fst"));
}

TEST_F(Replay, OfARunThatCtrlCEndedEndsThere) {
  const Ran stopped = shell(
      "(" P2P_PROGRAM
      " run --size 64x48 --frames 100000 --no-capture --out run & run=$!; "
      "while kill -0 $run && ! grep -qs frame.:9, run.partial*/events.jsonl; do :; done; kill -INT $run; wait $run)");
  ASSERT_EQ(stopped.status, 1) << stopped.err;
  const std::string end = summary("run")["cycles"]["bus"].dump();
  const Ran ran = replay("run --from 30000 --to 40000");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("pin2pin: interrupted by SIGINT\n"), std::string::npos) << ran.err;
  for (const char* words : {"departs", "ends otherwise"}) EXPECT_EQ(ran.err.find(words), std::string::npos) << ran.err;
  EXPECT_EQ(summary("run.replay")["cycles"]["bus"].dump(), end);
  EXPECT_TRUE(slurp(folder_ / "run/events.jsonl") == slurp(folder_ / "run.replay/events.jsonl"));
  EXPECT_EQ(summary("run")["stall"], summary("run.replay")["stall"]);
  expect_refused(replay("run --from " + end), "run ended at bus cycle " + end);
}

// Of a run that is killed its folder of partial results stays, with what it takes to run it again.
TEST_F(Replay, OfARunThatWasKilledGoesOnBehindItsRecord) {
  const Ran killed = shell(
      "(" P2P_PROGRAM
      " run --size 64x48 --frames 100000 --no-capture --out out & run=$!; "
      "while kill -0 $run && ! grep -qs frame.:9, out.partial*/events.jsonl; do :; done; kill -9 $run; wait $run)");
  ASSERT_EQ(killed.status, 128 + 9) << killed.err;
  ASSERT_EQ(shell("mv out.partial* killed").status, 0);
  EXPECT_FALSE(fs::exists(folder_ / "killed/summary.json"));
  // An end that it has not come to, and a record that is surely shorter.
  write("killed/run.json", std::regex_replace(slurp(folder_ / "killed/run.json"), std::regex("\"100000\""), "\"12\""));
  write("killed/events.jsonl", slurp(folder_ / "killed/events.jsonl").substr(0, 50'000));
  const std::uint64_t recorded = lines("killed/events.jsonl");
  const Ran ran = replay("killed --from 5000 --to 5100");
  expect_pass(ran, "killed.replay", 12);
  EXPECT_NE(
      ran.out.find(std::to_string(recorded) + " events as in " + (folder_ / "killed").string() + ", which was killed"),
      std::string::npos)
      << ran.out;
  EXPECT_GT(lines("killed.replay/events.jsonl"), recorded);
  EXPECT_TRUE(fs::exists(folder_ / "killed.replay/trace.fst"));
}

}  // namespace
}  // namespace p2p::e2e
