// `--checkers off` is for benchmarks: the same run, but nobody may take it for a pass.
#include <gtest/gtest.h>

#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

class Unchecked : public Program {};

TEST_F(Unchecked, IsTheSameRunButNoPass) {
  const std::string options = "--size 64x48 --frames 3 --seed 3 --source pattern:noise ";
  expect_pass(pin2pin(options + "--out checked"), "checked", 3);
  const Ran ran = pin2pin(options + "--checkers off --out unchecked");
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.out.rfind("unchecked: 3 frames sent, 3 delivered", 0), 0u) << ran.out;

  const nlohmann::json checked = summary("checked"), unchecked = summary("unchecked");
  EXPECT_EQ(unchecked["status"], "unchecked");
  EXPECT_EQ(unchecked["checks"]["cycles_checked"], 0);
  EXPECT_EQ(unchecked["checks"]["axi_beats_checked"], 0);
  for (const auto& [rule, exercised] : unchecked["checks"]["rules"].items()) EXPECT_EQ(exercised, 0) << rule;
  for (const char* same : {"cycles", "frames", "irps"}) EXPECT_EQ(unchecked[same], checked[same]) << same;
  EXPECT_EQ(slurp(folder_ / "unchecked/events.jsonl"), slurp(folder_ / "checked/events.jsonl"));
  EXPECT_EQ(slurp(folder_ / "unchecked/capture.mkv"), slurp(folder_ / "checked/capture.mkv"));
  EXPECT_NE(slurp(folder_ / "unchecked/report.html").find(">UNCHECKED<"), std::string::npos);
}

TEST_F(Unchecked, StillFailsWhenTheStreamBreaks) {
  const Ran ran = pin2pin("--size 64x48 --frames 3 --checkers off --inject slverr@write:5 --out out");
  EXPECT_EQ(ran.status, 1) << ran.out << ran.err;
  EXPECT_EQ(summary("out")["status"], "fail");
}

TEST_F(Unchecked, NoCaptureLeavesThePicturesOut) {
  const Ran ran = pin2pin("--size 64x48 --frames 2 --no-capture --out out");
  expect_pass(ran, "out", 2);
  EXPECT_FALSE(fs::exists(folder_ / "out/capture.mkv"));
  EXPECT_FALSE(fs::exists(folder_ / "out/contact.png"));
  EXPECT_TRUE(fs::exists(folder_ / "out/events.jsonl"));
}

TEST_F(Unchecked, WithoutTheModelTheRunIsTheSame) {
  const std::string options = "--size 64x48 --frames 2 --no-capture ";
  expect_pass(pin2pin(options + "--out with"), "with", 2);
  expect_pass(pin2pin(options + "--no-model --out without"), "without", 2);
  const nlohmann::json with = summary("with"), without = summary("without");
  const std::uint64_t edges = with["cycles"]["bus"].get<std::uint64_t>() + with["cycles"]["pixel"].get<std::uint64_t>();
  EXPECT_EQ(with["checks"]["rules"]["MODEL_OUTPUT"], edges) << "every edge of both clocks is compared";
  EXPECT_EQ(without["checks"]["rules"]["MODEL_OUTPUT"], 0);
  for (const char* same : {"cycles", "frames", "irps"}) EXPECT_EQ(without[same], with[same]) << same;
}

TEST_F(Unchecked, OtherWordsAreRefused) {
  expect_refused(pin2pin("--no-model --record-stimulus s --out out"), "expected without --no-model");
  expect_refused(pin2pin("--checkers none --out out"), "--checkers none: expected on or off");
  expect_refused(pin2pin("--checkers off --record-stimulus s --out out"), "expected --checkers on");
}

TEST_F(Unchecked, TheWriteChannelCarriesABeatEveryCycleWhenNothingHoldsItUp) {
  std::ofstream(folder_ / "fast.toml") << "[bus]\nalways_ready = true\n[clock]\npixel_period_ps = 3950\n"
                                          "[video]\nhblank_clocks = 0\n";
  expect_pass(pin2pin("--size 160x120 --frames 3 --config fast.toml --out out"), "out", 3);
  const nlohmann::json w = summary("out")["bus"]["w_in_frame"];
  EXPECT_GE(w["utilisation_min"], 0.95);
  EXPECT_LE(w["utilisation"], 1.0);
  EXPECT_EQ(w["beats_per_burst"], 16.0);  // a frame is a whole number of 128-byte bursts
}

}  // namespace
}  // namespace p2p::e2e
