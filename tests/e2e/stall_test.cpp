// A run that stands still says why: reference drivers with one mistake each, and applications. `interrupt lost` is a
// mistake of the chip: planted/planted_failures_test.cpp.
#include <algorithm>

#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using Json = nlohmann::json;

struct Stall {
  const char* verdict;
  const char* options;
  const char* because;
};

void PrintTo(const Stall& stall, std::ostream* out) { *out << stall.verdict; }

class Stalled : public Program, public testing::WithParamInterface<Stall> {};

TEST_P(Stalled, IsToldWithItsCause) {
  const Stall& stall = GetParam();
  const Ran ran = pin2pin(std::string("--size 64x48 --frames 300 --timeout 2500us --out out ") + stall.options);
  ASSERT_EQ(ran.status, 1) << ran.out << ran.err;
  const Json told = summary("out")["stall"];
  ASSERT_TRUE(told.is_object()) << ran.err;
  EXPECT_EQ(told["verdict"], stall.verdict) << told.dump(1);
  EXPECT_NE(told["because"].get<std::string>().find(stall.because), std::string::npos) << told["because"];
  const std::string line = std::string("pin2pin: ") + stall.verdict + ": " + told["because"].get<std::string>() + "\n";
  EXPECT_NE(ran.err.find("pin2pin: --timeout 2500us was over\n" + line), std::string::npos) << ran.err;
  const std::string report = slurp(folder_ / "out/report.html");
  for (const char* text : {"Where it stands", stall.verdict, "<summary>pins</summary>", "<summary>threads</summary>"})
    EXPECT_NE(report.find(text), std::string::npos) << text;
  EXPECT_TRUE(summary("out")["trace_window"].is_object()) << "and leaves a waveform: " << ran.err;
}

INSTANTIATE_TEST_SUITE_P(
    Causes, Stalled,
    testing::Values(Stall{"sink blocked", "--hold-us 1000000", "the application keeps 8 samples"},
                    Stall{"no buffers queued", "--reads 5", "its queue is empty"},
                    Stall{"no video", "--fps 300", "nothing to write into them; of source frames' ends the last was"},
                    Stall{"pin not running", "--driver e2e_never_runs", "is in PAUSE"},
                    Stall{"DMA not started", "--driver e2e_dma_not_started", "8 IRPs waiting at the pin"},
                    Stall{"interrupt masked", "--driver e2e_interrupt_masked", "INTR_ENABLE 0x0"},
                    Stall{"DPC not run", "--driver e2e_dpc_forgotten", "no DPC since; there was none"},
                    Stall{"completion records left", "--driver e2e_records_left", "completion records not taken"},
                    Stall{"clone leaked", "--driver e2e_clone_leaked", "and 0 have completed; 8 clones"}),
    [](const testing::TestParamInfo<Stall>& stall) {
      std::string name = stall.param.verdict;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

using StallReport = Program;

// The chip counts each frame that it has no buffer for, so all are accounted for: and yet nothing came.
TEST_F(StallReport, TellsWhyNothingIsDelivered) {
  const Ran ran = pin2pin("--size 64x48 --frames 30 --driver e2e_doorbell_forgotten --out out");
  ASSERT_EQ(ran.status, 1) << ran.out;
  EXPECT_NE(
      ran.err.find("pin2pin: none of 30 frames was delivered\npin2pin: descriptor ring empty: the driver has taken "
                   "frames (8 clones), and the chip has no descriptor: was the doorbell rung?\n"),
      std::string::npos)
      << ran.err;
  EXPECT_EQ(summary("out")["frames"]["dropped"], 30);
}

TEST_F(StallReport, IsTheSameWithoutATimeout) {
  const Ran ran = pin2pin("--size 64x48 --frames 4 --driver e2e_interrupt_masked --out out");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("pin2pin: stalled: 4 frames sent, 0 delivered"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("pin2pin: interrupt masked: "), std::string::npos) << ran.err;
  EXPECT_EQ(summary("out")["stall"]["verdict"], "interrupt masked");
}

// Frames go on at the pins, and none will ever be delivered: the run does not wait for the source's end.
TEST_F(StallReport, ComesWhileTheSourceGoesOn) {
  std::ofstream(folder_ / "impatient.toml") << "[limits]\nstall_ms = 4\n";
  const std::string run = "--size 64x48 --frames 100000 --config impatient.toml --out out --driver ";
  EXPECT_EQ(pin2pin(run + "e2e_never_runs").status, 1);
  EXPECT_EQ(summary("out")["stall"]["verdict"], "pin not running");
  const Ran masked = pin2pin(run + "e2e_interrupt_masked");
  EXPECT_EQ(masked.status, 1);
  EXPECT_NE(masked.err.find(" ms of simulated time (limits.stall_ms)\npin2pin: interrupt masked: "), std::string::npos)
      << masked.err;
  EXPECT_EQ(summary("out")["checks"]["violations"], Json::array()) << "a frame that was cut off is not lost";
  const Json window = summary("out")["trace_window"];
  ASSERT_TRUE(window.is_object()) << masked.err;
  EXPECT_GT(window["failure_cycle"], 20'000) << "the eighth record, after which the chip can do nothing, not the start";
}

// Between frames, in the middle of one, and with an interrupt on its way: 5.3 frames in 250 us, the ninth's at 400 us.
TEST_F(StallReport, FindsNoCauseInAStreamThatRuns) {
  for (const std::string at : {"60us", "150us", "250us", "400us", "401us", "403us", "1500us"}) {
    SCOPED_TRACE(at);
    const Ran ran = pin2pin("--size 64x48 --frames 300 --trace off --timeout " + at + " --out out");
    EXPECT_EQ(ran.status, 1);
    EXPECT_TRUE(ran.err.starts_with("pin2pin: --timeout " + at + " was over\npin2pin: not completed: IRP ")) << ran.err;
    EXPECT_EQ(summary("out")["stall"]["verdict"], "");
    EXPECT_NE(slurp(folder_ / "out/report.html")
                  .find(at == "60us" ? "the first frame was on its way." : "frames came and went until then."),
              std::string::npos);
  }
}

TEST_F(StallReport, IsThereBeforeAnyStream) {
  EXPECT_EQ(pin2pin("--size 64x48 --frames 4 --timeout 20us --out out").status, 1);
  EXPECT_EQ(summary("out")["stall"]["verdict"], "no pin");
}

// An application that stops reading is no stall: the chip counts what it has no buffer for.
TEST_F(StallReport, IsNotThereWhenTheApplicationStopsReading) {
  const Ran ran = pin2pin("--size 64x48 --frames 30 --reads 5 --out out");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(summary("out")["frames"]["delivered"], 5);
  EXPECT_EQ(summary("out")["frames"]["dropped"], 25);
}

// A frame of 27 ms at the pins.
TEST_F(StallReport, IsNotThereWhileASlowFrameComesIn) {
  std::ofstream(folder_ / "slow.toml") << "[limits]\nstall_ms = 1\n[clock]\npixel_period_ps = 600000\n";
  expect_pass(pin2pin("--size 320x240 --frames 1 --config slow.toml --out out"), "out", 1);
  EXPECT_GT(summary("out")["sim_time_ns"], 25'000'000) << "longer than its patience, or this shows nothing";
}

// However long the source goes on after that.
TEST_F(StallReport, IsNotThereWhileNobodyWaitsForAFrame) {
  std::ofstream(folder_ / "impatient.toml") << "[limits]\nstall_ms = 1\n";
  const Ran ran = pin2pin("--size 64x48 --frames 700 --reads 5 --config impatient.toml --out out");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(summary("out")["frames"]["dropped"], 695);
  EXPECT_GT(summary("out")["sim_time_ns"], 25'000'000) << "longer than its patience, or this shows nothing";
}

TEST_F(StallReport, IsNotThereWhenAllIsWell) {
  expect_pass(pin2pin("--size 64x48 --frames 1 --out out"), "out", 1);
  EXPECT_TRUE(summary("out")["stall"].is_null());
}

}  // namespace
}  // namespace p2p::e2e
