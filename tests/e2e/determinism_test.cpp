// Same inputs and seed, same bytes; the run-ahead changes nothing; other seeds pass too.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using Determinism = Program;

TEST_F(Determinism, TwoRunsGiveTheSameBytes) {
  for (const char* out : {"a", "b"})
    expect_pass(pin2pin(std::string("--size 160x120 --frames 5 --seed 7 --trace full --out ") + out), out, 5);
  for (const char* file : {"events.jsonl", "trace.fst", "capture.mkv", "contact.png", "trace.gtkw"}) {
    EXPECT_TRUE(slurp(folder_ / "a" / file) == slurp(folder_ / "b" / file)) << file;
    EXPECT_GT(fs::file_size(folder_ / "a" / file), 0u) << file;
  }
}

TEST_F(Determinism, EveryBatchGivesTheSameRun) {
  expect_pass(pin2pin("--size 160x120 --frames 4 --trace full --batch 1 --out one"), "one", 4);
  expect_pass(pin2pin("--size 160x120 --frames 4 --trace full --batch 1000000000 --out most"), "most", 4);
  expect_pass(pin2pin("--size 160x120 --frames 4 --trace full --batch 13 --out odd"), "odd", 4);
  for (const char* file : {"events.jsonl", "trace.fst", "capture.mkv"}) {
    EXPECT_TRUE(slurp(folder_ / "one" / file) == slurp(folder_ / "most" / file)) << file;
    EXPECT_TRUE(slurp(folder_ / "one" / file) == slurp(folder_ / "odd" / file)) << file;
  }
}

TEST_F(Determinism, TracingChangesNothing) {
  expect_pass(pin2pin("--size 64x48 --frames 3 --out plain"), "plain", 3);
  expect_pass(pin2pin("--size 64x48 --frames 3 --trace full --out traced"), "traced", 3);
  EXPECT_TRUE(slurp(folder_ / "plain/events.jsonl") == slurp(folder_ / "traced/events.jsonl"));
}

TEST_F(Determinism, TheSaveFileNamesSignalsOfTheWaveform) {
  expect_pass(pin2pin("--size 32x16 --frames 1 --trace full --out out"), "out", 1);
  std::ifstream save(folder_ / "out/trace.gtkw");
  unsigned signals = 0;
  for (std::string line; std::getline(save, line);) signals += line.rfind("vcap.", 0) == 0 ? 1u : 0u;
  EXPECT_GE(signals, 30u) << slurp(folder_ / "out/trace.gtkw");
}

TEST_F(Determinism, TwentySeedsPassAndDiffer) {
  std::string first;
  unsigned different = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const std::string out = "s" + std::to_string(seed);
    expect_pass(pin2pin("--size 160x120 --frames 4 --seed " + std::to_string(seed) + " --out " + out), out, 4);
    const std::string events = slurp(folder_ / out / "events.jsonl");
    if (first.empty()) first = events;
    different += events != first ? 1u : 0u;
  }
  EXPECT_EQ(different, 19u) << "a seed must change the wait states";
}

}  // namespace
}  // namespace p2p::e2e
