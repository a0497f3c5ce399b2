// --trace control: what controls the chip and all of software, as the whole waveform has it, for far less.
#include <set>

#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

using TraceControl = TracedProgram;

TEST_F(TraceControl, ShowsWhatTheWholeWaveformShows) {
  const std::string run = "--size 64x48 --frames 3 --seed 5 --trace ";
  expect_pass(pin2pin(run + "control --out control"), "control", 3);
  expect_pass(pin2pin(run + "full --out full"), "full", 3);
  const RecordedWave control = wave("control"), full = wave("full");
  for (const char* scope : {"vcap", "sw"}) {
    for (const std::string& signal : control.signals_below(scope))
      ASSERT_TRUE(control.changes(signal) == full.changes(signal)) << signal;
  }
  EXPECT_EQ(control.signals_below("sw"), full.signals_below("sw")) << "all of software";
  // In submodules a signal has one more name each.
  EXPECT_GT(control.signals_below("vcap").size(), 300u);
  EXPECT_LT(control.signals_below("vcap").size(), full.signals_below("vcap").size());
  for (const char* there :
       {"vcap.clk_i", "vcap.pix_clk_i", "vcap.m_axi_awvalid", "vcap.m_axi_awaddr", "vcap.s_axil_awaddr", "vcap.intr_o",
        "vcap.vcap.gen_channel[0].u_channel.u_dma.state_q", "vcap.vcap.gen_channel[0].u_channel.u_video_in.state_q"})
    EXPECT_FALSE(control.changes(there).empty()) << there;
  for (const char* wide : {"vcap.m_axi_wdata", "vcap.m_axi_rdata", "vcap.s_axis_video_tdata", "vcap.vcap.timestamp_q"})
    EXPECT_FALSE(control.has(wide)) << wide;
  EXPECT_LT(fs::file_size(folder_ / "control/trace.fst") * 2, fs::file_size(folder_ / "full/trace.fst"));
}

TEST_F(TraceControl, IsTheSameForTheSameRunAndChangesNothing) {
  const std::string run = "--size 64x48 --frames 3 --trace ";
  for (const char* out : {"a", "b"}) expect_pass(pin2pin(run + "control --out " + out), out, 3);
  expect_pass(pin2pin(run + "off --out off"), "off", 3);
  EXPECT_TRUE(slurp(folder_ / "a/trace.fst") == slurp(folder_ / "b/trace.fst"));
  EXPECT_TRUE(slurp(folder_ / "a/events.jsonl") == slurp(folder_ / "off/events.jsonl"));
}

TEST_F(TraceControl, NamesTheStatesOfTheChip) {
  expect_pass(pin2pin("--size 64x48 --frames 1 --trace control"), "out", 1);
  // The dump of GTKWave's library with enumerations: their tables are attributes of the file.
  const Ran ran = shell("fst2vcd -e out/trace.fst");
  ASSERT_EQ(ran.status, 0) << ran.err;
  for (const char* words : {"vcap_dma.state_e", "vcap_video_in.state_e"})
    EXPECT_NE(ran.out.find(words), std::string::npos) << words;
}

/// Nobody closes the file of a process that is killed.
TEST_F(TraceControl, CanBeReadAfterAKill) {
  for (const char* trace : {"control", "full"}) {
    const Ran ran =
        shell(std::string("(" P2P_PROGRAM " run --size 64x48 --frames 100000 --out out --trace ") + trace +
              " & run=$!; while kill -0 $run && ! grep -qs frame.:9, out.partial*/events.jsonl; do :; done; "
              "kill -9 $run; wait $run)");
    EXPECT_EQ(ran.status, 128 + 9) << ran.err;
    const RecordedWave wave = wave_of("out.partial*/trace.fst");
    EXPECT_GT(wave.changes("vcap.clk_i").size(), 4096u) << trace;
    EXPECT_FALSE(wave.changes("sw.cpu0.irql").empty()) << trace;
    EXPECT_EQ(shell("grep -q ' sw.cpu0.irql' out.partial*/trace.gtkw").status, 0) << "and has its view";
    EXPECT_EQ(shell("rm -r out.partial*").status, 0);
  }
}

TEST_F(TraceControl, SaveFileNamesOnlyWhatThereIs) {
  expect_pass(pin2pin("--size 64x48 --frames 1 --trace control"), "out", 1);
  const RecordedWave wave = this->wave();
  std::istringstream save(slurp(folder_ / "out/trace.gtkw"));
  unsigned shown = 0;
  for (std::string line; std::getline(save, line);) {
    if (line.rfind("vcap.", 0) != 0) continue;
    EXPECT_TRUE(wave.has(line.substr(0, line.find('[')))) << line;
    ++shown;
  }
  EXPECT_GT(shown, 20u);
}

}  // namespace
}  // namespace p2p::e2e
