// The commands of pin2pin_gdb.py, in gdb's batch mode, while the driver stands in its DPC.
#include <regex>
#include <sstream>

#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

class Gdb : public Program {
 protected:
  /// What gdb says to these commands, one after the other, on a run with these options.
  std::string gdb(const std::vector<std::string>& commands, const std::string& options) const {
    // Under gdb the sanitizers cannot look for leaks.
    std::string line =
        "ASAN_OPTIONS=detect_leaks=0 gdb -q -batch -x " + std::string(P2P_BUILD) + "/share/pin2pin/pin2pin_gdb.py";
    for (const std::string& command : commands) line += " -ex '" + command + "'";
    const Ran ran = shell(line + " --args " + P2P_PROGRAM + " run --size 64x48 --frames 5 --out out " + options);
    return ran.out + ran.err;
  }
  std::string in_dpc(const std::vector<std::string>& commands) const {
    std::vector<std::string> all{"break VcapDpc", "run"};
    all.insert(all.end(), commands.begin(), commands.end());
    std::string said = gdb(all, "");
    EXPECT_TRUE(has(said, "Breakpoint 1, VcapDpc \\(")) << said;
    return said;
  }
  static bool has(const std::string& text, const std::string& pattern) {
    return std::regex_search(text, std::regex(pattern));
  }
};

TEST_F(Gdb, ShowsProcessors) {
  const std::string said = in_dpc({"p2p cpus"});
  EXPECT_TRUE(has(said, "CPU  IRQL  runs +in +DPC  DPCs queued  spin locks\n0 +2 +idle0 +DPC +1 +- +0\n")) << said;
}

/// Snapshots depend on it: a copy of the process has the thread that made it, and no other.
TEST_F(Gdb, ThereIsOneThreadOfTheHosts) {
  const std::string said = in_dpc({"info threads"});
  EXPECT_TRUE(has(said, "\n\\* 1 +Thread")) << said;
  EXPECT_FALSE(has(said, "\n +2 +Thread")) << said;
}

TEST_F(Gdb, ShowsDpcs) {
  const std::string said = in_dpc({"p2p dpcs"});
  EXPECT_TRUE(has(said, "\n1 +0 +runs +VcapDpc.* .*/interrupt\\.cpp:49\n")) << said;
  const std::string none = gdb({"break VcapStart", "break DriverEntry", "run", "p2p dpcs"}, "");
  EXPECT_TRUE(has(none, "\nno DPC is queued or runs\n")) << none;
}

TEST_F(Gdb, ShowsPins) {
  const std::string said = in_dpc({"p2p pins"});
  EXPECT_TRUE(has(said, "\n[0-9]+ +0 +RUN +[0-9]+(, [0-9]+){7} +8 +0 +- +1 locked(, [2-8] locked){7}\n")) << said;
}

TEST_F(Gdb, ShowsIrps) {
  const std::string said = in_dpc({"p2p irps"});
  const std::regex line("IRP ([0-9]+), major function 14, minor function 0, is with driver .vcapdrv.; cycle");
  std::vector<std::string> found;
  for (std::sregex_iterator at(said.begin(), said.end(), line), end; at != end; ++at) found.push_back((*at)[1]);
  ASSERT_EQ(found.size(), 8u) << said;
  const std::string one = in_dpc({"p2p irp " + found[3], "p2p irp 1", "p2p irp", "p2p irp all"});
  EXPECT_TRUE(has(one, "\nIRP " + found[3] + ", major function 14")) << one;
  EXPECT_TRUE(has(one, "\nthere is no IRP 1 now\n")) << one;
  EXPECT_TRUE(has(one, "\np2p irp : expected a number\n")) << one;
  EXPECT_TRUE(has(one, "\np2p irp all: expected a number\n")) << one;
}

TEST_F(Gdb, ShowsThreadsAndTheirStacks) {
  const std::string said = in_dpc(
      {"p2p threads", "p2p thread 2", "p2p thread", "print $pc", "p2p thread 1", "p2p thread 99", "p2p thread here"});
  EXPECT_TRUE(has(said, "\n1 +boot +8 +0 +- +has ended\n2 +application +8 +0 +- +waits for an event\n")) << said;
  EXPECT_TRUE(
      has(said, "#[01] .*fiber_wait.*\n(#.*\n)*#[0-9]+ .*CaptureStream::wait_for.*\n(#.*\n)*#[0-9]+ .*run_capture"))
      << said;
  EXPECT_TRUE(has(said, "\\$[0-9]+ = .*VcapDpc")) << "back where it stopped: " << said;
  for (const char* number : {"1", "99"})
    EXPECT_TRUE(has(said, "\np2p thread " + std::string(number) + ": it executes, has ended, or was never there;"))
        << said;
  EXPECT_TRUE(has(said, "\np2p thread here: expected a number")) << said;
}

TEST_F(Gdb, ShowsTheChip) {
  const std::string said = in_dpc({"p2p chip u_axil.", "p2p chip nothing_like_it"});
  EXPECT_TRUE(has(said, "\nbus cycle [0-9]+, [0-9]+ ps, interrupt line (low|high)\nu_axil\\.aw_q = [01]\n")) << said;
  EXPECT_TRUE(has(said, "\nno register of the chip has .nothing_like_it. in its name\n")) << said;
}

TEST_F(Gdb, KnowsTheKernelWithoutAChip) {
  const std::string said =
      gdb({"break KsPinAttemptProcessing", "run", "p2p threads", "p2p pins", "p2p chip", "p2p cycle 5"},
          "--device none --driver example_av_source");
  EXPECT_TRUE(has(said, "\n[0-9]+ +application +")) << said;
  EXPECT_TRUE(has(said, "\n3 +1 +RUN +31, 32")) << said;
  EXPECT_TRUE(has(said, "\nthere is no chip with --device none\n")) << said;
  EXPECT_TRUE(has(said, "\np2p cycle 5: no chip; expected a run with the chip that has begun\n")) << said;
}

TEST_F(Gdb, RunsUntilACycleAndThenToTheSameEnd) {
  ASSERT_EQ(pin2pin("--size 64x48 --frames 5 --out alone").status, 0);
  const std::string said = gdb({"break VcapDpc", "run", "delete", "p2p pins", "p2p thread 2", "p2p cycle 20000",
                                "p2p chip nothing", "p2p cycle 19999", "continue"},
                               "");
  EXPECT_TRUE(has(said, "\nbus cycle 20000, 160000000 ps,")) << said;
  EXPECT_TRUE(has(said, "\np2p cycle 19999: it is over")) << said;
  EXPECT_TRUE(has(said, "pass: 5 frames sent, 5 delivered")) << said;
  for (const char* file : {"events.jsonl", "capture.mkv"})
    EXPECT_TRUE(slurp(folder_ / "alone" / file) == slurp(folder_ / "out" / file)) << "looking changed " << file;
}

TEST_F(Gdb, ForgetsACycleWhenItStopsOnTheWay) {
  const std::string said = gdb({"break VcapDpc", "run", "p2p cycle 25000", "delete", "continue"}, "");
  EXPECT_TRUE(has(said, "pass: 5 frames sent, 5 delivered")) << "no other stop: " << said;
}

/// As if nobody had looked: each breakpoint is hit once, by whom it waits for.
TEST_F(Gdb, GoesOnFromABreakpointAfterLooking) {
  const std::string said =
      in_dpc({"p2p chip nothing", "p2p thread 2", "continue", "p2p pins", "p2p chip nothing", "p2p cycle 15000",
              "p2p chip nothing", "info breakpoints", "p2p cycle 16000", "p2p chip nothing"});
  std::vector<std::uint64_t> cycles;
  const std::regex line("\nbus cycle ([0-9]+), ");
  for (std::sregex_iterator at(said.begin(), said.end(), line), end; at != end; ++at)
    cycles.push_back(std::stoull((*at)[1]));
  ASSERT_EQ(cycles.size(), 4u) << said;
  EXPECT_LT(cycles[0], cycles[1]) << "the first frame's DPC, the second's";
  EXPECT_EQ(cycles[2], 15'000u) << said;
  EXPECT_EQ(cycles[3], 16'000u) << said;
  EXPECT_TRUE(has(said, "breakpoint already hit 2 times")) << said;
}

TEST_F(Gdb, CanBeLeftFromAnotherThreadsStack) {
  const std::string said = gdb({"tbreak VcapDpc", "run", "p2p thread 2", "signal 0"}, "");
  EXPECT_TRUE(has(said, "pass: 5 frames sent, 5 delivered")) << said;
  const std::string killed = gdb({"tbreak VcapDpc", "run", "p2p thread 2", "kill", "p2p pins", "quit"}, "");
  EXPECT_TRUE(has(killed, "p2p: no run of pin2pin is there")) << killed;
  EXPECT_FALSE(has(killed, "Python Exception|No registers")) << killed;
}

TEST_F(Gdb, SaysThatTheRunWasOverBeforeTheCycle) {
  const std::string said = in_dpc({"delete", "p2p cycle 99999999"});
  EXPECT_TRUE(has(said, "\np2p cycle 99999999: the run ended before it\n")) << said;
  const std::string early = gdb({"break main", "run", "p2p cycle 5"}, "");
  EXPECT_TRUE(has(early, "\np2p cycle 5: no machine runs; expected a run with the chip that has begun\n")) << early;
}

TEST_F(Gdb, RefusesWithoutARun) {
  const std::string said = gdb({"p2p pins", "p2p", "p2p nonsense"}, "");
  EXPECT_TRUE(has(said, "p2p: no run of pin2pin is there; expected it to be started and to stand still\n")) << said;
  EXPECT_TRUE(has(said, "\np2p: expected cpus, threads,")) << said;
}

TEST_F(Gdb, IsStartedByTheProgram) {
  std::ofstream(folder_ / "commands") << "break VcapDpc\nrun\np2p cpus\nquit\n";
  const Ran ran = shell(P2P_PROGRAM " run --size 64x48 --gdb --frames 5 --out out < commands");
  EXPECT_TRUE(has(ran.out + ran.err, "0 +2 +idle0 +DPC +1 +- +0\n")) << ran.out << ran.err;
}

TEST_F(Gdb, IsOneClearErrorWhereItIsNotThere) {
  expect_refused(shell("PATH=/nowhere " P2P_PROGRAM " run --gdb"), "--gdb: No such file or directory");
}

TEST_F(Gdb, WhatAKilledRunLeavesGoesWithTheNext) {
  shell("mkdir out.partial-1 out.partial-x");
  gdb({"break VcapDpc", "run", "kill"}, "");
  const auto partial = [this] {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.path().filename().string().find("out.partial-") == 0) ++count;
    return count;
  };
  EXPECT_EQ(partial(), 3u);
  expect_pass(pin2pin("--size 64x48 --frames 1 --out out"), "out", 1);
  EXPECT_EQ(partial(), 2u) << "of a process that lives, and of none";
}

/// docs/debugging.md, "Debug your first failure", line by line: the first block in a shell, the second in gdb.
TEST_F(Gdb, TheWalkThroughWorks) {
  std::istringstream page(slurp(fs::path(P2P_ROOT) / "docs/debugging.md"));
  std::vector<std::string> blocks;
  bool inside = false, told = false;
  for (std::string line; std::getline(page, line);) {
    told = told || line == "## Debug your first failure";
    if (line == "```") inside = !inside;
    if (line == "```" && inside) blocks.emplace_back();
    if (told && inside && line != "```") blocks.back() += line + "\n";
  }
  ASSERT_EQ(blocks.size(), 2u);
  fs::create_directories(folder_ / "build");
  fs::create_directory_symlink(P2P_BUILD, folder_ / "build/release");
  std::ofstream(folder_ / "shell.sh") << "set -e\n" << blocks[0];
  const Ran failed = shell("sh shell.sh");
  EXPECT_EQ(failed.status, 0) << failed.out << failed.err;
  EXPECT_TRUE(has(failed.err, "streaming stopped early: a read failed")) << failed.err;
  EXPECT_TRUE(has(failed.out, "irq\\.line")) << failed.out;
  EXPECT_TRUE(fs::exists(folder_ / "out/failure/trace.fst"));
  EXPECT_TRUE(fs::exists(folder_ / "out/failure.replay/trace.fst"));
  const std::size_t first = blocks[1].find('\n');
  std::ofstream(folder_ / "commands") << blocks[1].substr(first + 1);
  const Ran debugged = shell(blocks[1].substr(0, first) + " < commands");
  const std::string said = debugged.out + debugged.err;
  for (const char* pattern : {"Breakpoint 1, VcapDpc", "0 +2 +idle0 +DPC", "RUN", "bus cycle 12000, 96000000 ps",
                              "waits for an event", "CaptureStream::wait_for"})
    EXPECT_TRUE(has(said, pattern)) << pattern << "\n" << said;
}

}  // namespace
}  // namespace p2p::e2e
