// pin2pin run --live: GTKWave on a waveform that grows.
#include <sstream>

#include "tests/e2e/traced_program.h"

namespace p2p::e2e {
namespace {

class LiveView : public TracedProgram {
 protected:
  /// In PATH before GTKWave: a script that stops the run which has started it, and hands GTKWave the same words, but a
  /// script of its own around the repeated one. That one lets the run go on when it has seen how far the waveform
  /// reaches, and ends GTKWave when the run's results are there and have been loaded.
  void put_before_gtkwave(const std::string& between = "", const std::string& at_once = "kill -STOP $PPID") const {
    fs::create_directories(folder_ / "bin");
    std::ofstream(folder_ / "bin/gtkwave") << "#!/bin/bash\n"
                                           << at_once << R"(
export RUN=$PPID SCRIPT=$4
exec /usr/bin/gtkwave "$1" "$2" "$3" "$FOLDER/around.tcl" "${@:5}" > $FOLDER/gtkwave.txt 2>&1
)";
    fs::permissions(folder_ / "bin/gtkwave", fs::perms::owner_all);
    std::ofstream(folder_ / "around.tcl") << R"tcl(
proc tell {what} {
  set log [open $::env(FOLDER)/told.txt a]
  puts $log "$what [gtkwave::getMaxTime] [gtkwave::getTotalNumTraces] [gtkwave::getWindowStartTime] [gtkwave::getWindowEndTime]"
  close $log
}
if {![info exists begun]} {
  set begun 1
  tell first
  source $env(SCRIPT)
  )tcl" << between << R"tcl(
  catch {exec sh -c "kill -CONT $env(RUN)"}
}
set complete [file exists $env(FOLDER)/out/summary.json]
source $env(SCRIPT)
if {$complete && $pin2pin::bytes == [file size $env(FOLDER)/out/trace.fst]} {
  tell last
  close [open $env(FOLDER)/over w]
  gtkwave::/File/Quit
}
)tcl";
  }
  Ran live(const std::string& arguments) const {
    // GTKWave outlives the run, until it has told the last.
    return shell(
        "rm -f over told.txt && mkfifo over && env FOLDER=$PWD PATH=$PWD/bin:$PATH xvfb-run -a bash -c '" P2P_PROGRAM
        " run --live " +
        arguments + "; status=$?; test $status = 2 || timeout 120 cat over; exit $status'");
  }
  struct Told {
    std::uint64_t max_ps = 0, traces = 0, begin_ps = 0, end_ps = 0;
  };
  static void expect_at_end(const Told& told) {
    EXPECT_GT(told.begin_ps, 0u);
    EXPECT_LE(told.end_ps, told.max_ps);
    EXPECT_GT(told.end_ps, told.max_ps - (told.end_ps - told.begin_ps) / 50) << "the window has gone along";
  }
  Told told(const std::string& what) const {
    std::istringstream in(slurp(folder_ / "told.txt"));
    Told told;
    for (std::string name; in >> name >> told.max_ps >> told.traces >> told.begin_ps >> told.end_ps;)
      if (name == what) return told;
    ADD_FAILURE() << "nothing said " << what;
    return {};
  }
};

TEST_F(LiveView, ShowsWhatIsAddedWhileTheRunGoesOn) {
  put_before_gtkwave();
  expect_pass(live("--size 64x48 --frames 40"), "out", 40);
  const Told first = told("first"), last = told("last");
  EXPECT_GT(first.traces, 40u);
  EXPECT_GT(first.max_ps, 16'384 * kCyclePs) << "something could be read by then";
  EXPECT_GT(last.max_ps, 2 * first.max_ps);
  const std::vector<nlohmann::json> all = events();
  ASSERT_FALSE(all.empty());
  EXPECT_GE(last.max_ps / 1000 + 1, all.back()["ns"].get<std::uint64_t>()) << "all of the run";
  expect_at_end(last);
}

/// GTKWave comes to a run that is further than the window, or over.
TEST_F(LiveView, BeginsAtTheEnd) {
  put_before_gtkwave("", ":");
  expect_pass(live("--size 64x48 --frames 40"), "out", 40);
  expect_at_end(told("last"));
}

TEST_F(LiveView, LeavesTheWindowWhereSomebodyHasPutIt) {
  put_before_gtkwave("gtkwave::setZoomFactor -16; gtkwave::setWindowStartTime 5000000");
  expect_pass(live("--size 64x48 --frames 40"), "out", 40);
  const Told last = told("last");
  EXPECT_EQ(last.begin_ps, 5'000'000u);
}

/// Of one that is over before GTKWave is started, and of one that goes on.
TEST_F(LiveView, ChangesNothingInTheResults) {
  put_before_gtkwave();
  for (const unsigned frames : {4u, 40u}) {
    const std::string what = "--size 64x48 --frames " + std::to_string(frames);
    expect_pass(live(what), "out", frames);
    expect_pass(pin2pin(what + " --trace control --out other"), "other", frames);
    for (const char* file : {"events.jsonl", "trace.fst", "trace.gtkw", "capture.mkv"})
      EXPECT_TRUE(slurp(folder_ / "out" / file) == slurp(folder_ / "other" / file)) << what << ": " << file;
  }
}

TEST_F(LiveView, RefusesWhereNothingCanBeShown) {
  expect_refused(pin2pin("--live --trace window"), "--trace window: expected control or full with --live");
  expect_refused(shell("DISPLAY= WAYLAND_DISPLAY= " P2P_PROGRAM " run --live"),
                 "--live: nothing to show a window on; expected DISPLAY or WAYLAND_DISPLAY to be set");
  expect_refused(shell("PATH=/nowhere " P2P_PROGRAM " run --live"), "--live: gtkwave is not in PATH");
}

}  // namespace
}  // namespace p2p::e2e
