// Sizes, rates, round trips, wait states: what a run must carry beside the usual clip.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using Variety = Program;

TEST_F(Variety, TheSmallestAndOddlyShapedFrames) {
  for (const char* size : {"2x1", "6x3", "4096x2", "66x50"}) {
    expect_pass(pin2pin(std::string("--source pattern:noise --frames 4 --size ") + size + " --out " + size), size, 4);
  }
}

TEST_F(Variety, ACapturedFileIsASourceAgain) {
  expect_pass(pin2pin("--source pattern:noise --size 66x50 --frames 5 --out first"), "first", 5);
  expect_pass(pin2pin("--source first/capture.mkv --out second"), "second", 5);
  EXPECT_EQ(summary("first")["frames"]["sha256"], summary("second")["frames"]["sha256"]);
}

TEST_F(Variety, AFrameRateStretchesTheBlanking) {
  expect_pass(pin2pin("--size 64x48 --frames 5 --fps 1000 --out out"), "out", 5);
  const auto ns = summary("out")["sim_time_ns"].get<std::uint64_t>();
  EXPECT_GT(ns, 4'000'000u);
  EXPECT_LT(ns, 6'500'000u);
}

TEST_F(Variety, JsonPrintsTheSummary) {
  const Ran ran = pin2pin("--size 64x48 --frames 2 --no-verifier --json --out out");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto s = summary("out");
  EXPECT_EQ(nlohmann::json::parse(ran.out), s);
  EXPECT_EQ(s["verifier"]["enabled"], false);
  EXPECT_EQ(s["irps"]["issued"], s["irps"]["completed"]);
  EXPECT_EQ(s["checks"]["cycles_checked"],
            s["cycles"]["bus"].get<std::uint64_t>() + s["cycles"]["pixel"].get<std::uint64_t>());
  EXPECT_EQ(s["checks"]["rules"]["FRAME_BYTES"], 2);
  EXPECT_EQ(s["checks"]["rules"]["FRAME_RECORD"], 2);
  for (const auto& [hop, latency] : s["latency_ns"].items()) {
    EXPECT_LE(latency["p50"], latency["p99"]) << hop;
    EXPECT_LE(latency["p99"], latency["max"]) << hop;
  }
}

TEST_F(Variety, ABusThatIsAlwaysReady) {
  std::ofstream(folder_ / "ready.toml") << "[bus]\nalways_ready = true\n";
  expect_pass(pin2pin("--size 64x48 --frames 4 --config ready.toml --out out"), "out", 4);
  EXPECT_EQ(summary("out")["checks"]["rules"]["AXI4_W_STABLE"], 0) << "nothing ever waits";
}

// Answers overtake one another; what arrives is the same.
TEST_F(Variety, ABusThatAnswersInAnyOrder) {
  std::ofstream(folder_ / "any.toml") << "[bus]\nreorder = true\nb_latency_max = 200\nw_stall_percent = 0\n";
  expect_pass(pin2pin("--size 64x48 --frames 8 --out plain"), "plain", 8);
  expect_pass(pin2pin("--size 64x48 --frames 8 --config any.toml --out any"), "any", 8);
  EXPECT_EQ(summary("any")["frames"]["sha256"], summary("plain")["frames"]["sha256"]);
  expect_pass(pin2pin("--size 64x48 --frames 8 --config any.toml --seed 7 --schedule random --out other"), "other", 8);
}

// The driver flushes before it reads, and waits for map registers where there are few.
TEST_F(Variety, DmaThroughCopiesAndWithFewMapRegisters) {
  std::ofstream(folder_ / "bounce.toml") << "[dma]\nbounce = true\n";
  std::ofstream(folder_ / "few.toml") << "[dma]\nmap_registers = 6\n";
  expect_pass(pin2pin("--size 64x48 --frames 6 --out plain"), "plain", 6);
  expect_pass(pin2pin("--size 64x48 --frames 6 --config bounce.toml --out bounce"), "bounce", 6);
  EXPECT_EQ(summary("bounce")["frames"]["sha256"], summary("plain")["frames"]["sha256"]);
  expect_pass(pin2pin("--size 64x48 --frames 6 --config few.toml --out few"), "few", 6);
  EXPECT_EQ(summary("few")["frames"]["sha256"], summary("plain")["frames"]["sha256"]);
}

// Wait states put the handshake rules to the test that quick buses leave alone.
TEST_F(Variety, AStressfulBusExercisesTheRulesAndBreaksNone) {
  std::ofstream(folder_ / "stress.toml")
      << "[bus]\naw_stall_percent = 100\naw_stall_cycles = 120\nw_stall_percent = 30\nw_stall_cycles = 5\n"
         "ar_stall_percent = 100\nar_stall_cycles = 60\nb_latency_max = 60\nr_latency_max = 60\naxil_gap_max = 12\n";
  expect_pass(pin2pin("--size 64x48 --frames 10 --config stress.toml --out out"), "out", 10);
  const auto rules = summary("out")["checks"]["rules"];
  for (const char* rule : {"AXI4_AW_STABLE", "AXI4_W_STABLE", "AXIL_B_STABLE", "AXIL_R_STABLE", "INTR_SHOWN"}) {
    EXPECT_GT(rules[rule].get<std::uint64_t>(), 0u) << rule;
  }
}

}  // namespace
}  // namespace p2p::e2e
