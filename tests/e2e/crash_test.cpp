// A crash of the program itself ends in a report, as any other run that was not done.
#include <tuple>

#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

class Crash : public TracedProgram {
 protected:
  /// A run to which a signal comes when the application has had a sample.
  Ran crashing(const std::string& options, const std::string& signal, const std::string& before = ":") const {
    // The sanitizers' own answer to a crash is not looked at, nor do they look for leaks of threads that never ended.
    return shell(
        "(ASAN_OPTIONS=handle_segv=0:detect_leaks=0 " P2P_PROGRAM " run --size 64x48 --frames 100000 --out out " +
        options + " & run=$!; while kill -0 $run && ! grep -qs frame.:9, out.partial*/events.jsonl; do :; done; " +
        before + "; kill -" + signal + " $run; wait $run)");
  }
};

TEST_F(Crash, EndsInAReportWithAWaveform) {
  for (const auto& [signal, status] : {std::pair("SEGV", 128 + 11), std::pair("ABRT", 128 + 6)}) {
    const Ran ran = crashing("", signal);
    EXPECT_EQ(ran.status, status) << ran.err;
    const std::string name = std::string("crashed (SIG") + signal + ")";
    EXPECT_NE(ran.err.find("pin2pin: " + name + " at bus cycle "), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("/out\n"), std::string::npos) << ran.err;
    const nlohmann::json s = summary("out");
    EXPECT_EQ(s["status"], "fail");
    EXPECT_EQ(s["failures"][0], name);
    EXPECT_TRUE(s["stall"].is_null()) << "it was under way";
    EXPECT_GT(s["frames"]["delivered"], 0);
    const std::uint64_t at = s["trace_window"]["failure_cycle"];
    EXPECT_NE(ran.err.find(" at bus cycle " + std::to_string(at + 1) + "\n"), std::string::npos)
        << "up to the cycle before: " << at << ran.err;
    const RecordedWave wave = this->wave();
    EXPECT_GE(wave.changes("vcap.clk_i").back().ps, (at - 1) * kCyclePs);
    EXPECT_LE(wave.changes("vcap.clk_i").back().ps, (at + 1) * kCyclePs);
    EXPECT_FALSE(slurp(folder_ / "out/trace.gtkw").empty());
    EXPECT_NE(slurp(folder_ / "out/report.html").find(name), std::string::npos);
    for (const char* file : {"events.jsonl", "contact.png"})
      EXPECT_GT(fs::file_size(folder_ / "out" / file), 0u) << file;
    EXPECT_FALSE(fs::exists(folder_ / "out/capture.mkv")) << "half a file";
    fs::remove_all(folder_ / "out");
  }
}

/// The target is somebody else's by the end: it stays, and so do the results.
TEST_F(Crash, NeverReplacesWhatNoRunHasWritten) {
  const std::string aside = (folder_ / "out.partial-").string();
  for (const auto& [signal, status, told] :
       {std::tuple("INT", 2,
                   "/out: holds notes.txt, which no run has written; expected a new or empty folder or an "
                   "earlier run's; the results are in "),
        std::tuple("SEGV", 128 + 11, "pin2pin: what it had written is in ")}) {
    const Ran ran = crashing("", signal, "mkdir out; echo mine > out/notes.txt");
    EXPECT_EQ(ran.status, status) << ran.err;
    EXPECT_EQ(slurp(folder_ / "out/notes.txt"), "mine\n");
    EXPECT_NE(ran.err.find(told + aside), std::string::npos) << ran.err;
    EXPECT_EQ(shell("test -s out.partial-*/summary.json").status, 0) << "they are all there";
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
}

TEST_F(Crash, SaysWhatIsLeftWithoutASnapshot) {
  const Ran ran = crashing("--trace control", "SEGV");
  EXPECT_EQ(ran.status, 128 + 11) << ran.err;
  EXPECT_NE(ran.err.find("/out.partial-"), std::string::npos) << ran.err;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_GT(wave_of("out.partial*/trace.fst").changes("vcap.clk_i").size(), 4096u);
}

}  // namespace
}  // namespace p2p::e2e
