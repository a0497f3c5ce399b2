// A failure that was planted, and what a run of it has to leave: its name and cycle in summary.json, a waveform that
// covers the cycle, and a record that replays to the same failure at the same cycle.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/e2e/program.h"
#include "tests/e2e/recorded_wave.h"

namespace p2p::e2e {

enum class When { kEarly, kLate, kTenMillion };

struct PlantedFailure {
  const char* name;      ///< of the test; ends with when
  const char* chip;      ///< NAME@CYCLE of mistakes.toml; empty: a chip without a mistake
  const char* driver;    ///< mistake of driver/mistakes.cpp; empty: the reference driver
  unsigned frame;        ///< that have come back before the driver makes it
  const char* options;   ///< of the run
  const char* config;    ///< TOML of the run beside what chooses the driver's mistake
  const char* expected;  ///< a broken rule, "0xD1" or "0xC4 RULE" of a bug check, words of a failure, a stall's verdict
  When when;
};

inline void PrintTo(const PlantedFailure& planted, std::ostream* out) { *out << planted.name; }

inline std::string name_of(const testing::TestParamInfo<PlantedFailure>& info) { return info.param.name; }

class Planted : public Program, public testing::WithParamInterface<PlantedFailure> {
 protected:
  using Json = nlohmann::json;
  static constexpr std::uint64_t kCyclePs = 8000, kPixelPs = 6734;

  /// When the first of what a summary knows the time of failed.
  struct Failure {
    std::string what;
    std::uint64_t cycle = 0;
  };

  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    for (const char* fault : {"0xD1", "0xD5", "0xD6"})
      if (GetParam().expected == std::string(fault)) GTEST_SKIP() << "a memory fault, which the sanitizer sees first";
#endif
    Program::SetUp();
  }

  Ran program(const std::string& arguments) const {
    const std::string chip = GetParam().chip;
    return shell((chip.empty() ? "" : "P2P_PLANTED=" + chip + " ") + P2P_PLANTED_PROGRAM " " + arguments);
  }
  Ran run() const {
    const PlantedFailure& planted = GetParam();
    std::ofstream config(folder_ / "planted.toml");
    config << planted.config << "\n";
    std::string options = " --config planted.toml --no-capture --snapshot-cycles 50000 --out out ";
    if (*planted.driver != 0) {
      config << "[registry.service]\nMistake = \"" << planted.driver << "\"\nFrame = " << planted.frame << "\n";
      options += "--driver e2e_planted ";
    }
    config.close();
    return program("run" + options + planted.options);
  }

  /// The first violation or bug check, of one cycle the bug check; without any the moment that the run gives its
  /// failure.
  static Failure failure_of(const Json& summary) {
    std::optional<Failure> first;
    const auto note = [&first](const std::string& what, std::uint64_t cycle) {
      if (!first || cycle < first->cycle) first = {what, cycle};
    };
    if (const Json& bugcheck = summary["verifier"]["bugcheck"]; bugcheck.is_object())
      note("bug check", bugcheck["cycle"].get<std::uint64_t>());
    for (const Json& violation : summary["checks"]["violations"]) {
      const auto cycle = violation["cycle"].get<std::uint64_t>();
      note(violation["rule"], violation["clock"] == "pixel" ? cycle * kPixelPs / kCyclePs : cycle);
    }
    if (first) return *first;
    if (summary["failures"].empty()) return {"nothing", 0};
    const Json window =
        summary["trace_window"].value("failure_cycle", Json(0));  // null in a replay, which looks for none
    return {"a failing step", window.is_null() ? 0 : window.get<std::uint64_t>()};
  }

  /// The summary names what was planted: a rule that was broken, a bug check, a failure, the verdict on a stall.
  static bool names(const Json& summary, const std::string& expected) {
    for (const Json& violation : summary["checks"]["violations"])
      if (violation["rule"] == expected) return true;
    if (const Json& bugcheck = summary["verifier"]["bugcheck"]; bugcheck.is_object()) {
      std::ostringstream code;
      code << "0x" << std::hex << std::uppercase << bugcheck["code"].get<unsigned>();
      if (code.str() == expected) return true;
      code << " " << bugcheck["rule"].get<std::string>();
      if (code.str() == expected) return true;
    }
    if (summary["stall"].is_object() && summary["stall"]["verdict"] == expected) return true;
    for (const Json& failure : summary["failures"])
      if (failure.get<std::string>().find(expected) != std::string::npos) return true;
    return false;
  }

  static void expect_when(const Json& summary, std::uint64_t cycle) {
    switch (GetParam().when) {
      case When::kEarly:
        EXPECT_LT(cycle, 40'000u);
        break;
      case When::kLate:
        EXPECT_GT(cycle, 150'000u);
        EXPECT_GE(summary["frames"]["delivered"], 10);
        break;
      case When::kTenMillion:
        EXPECT_GE(cycle, 10'000'000u);
        EXPECT_LT(cycle, 10'300'000u);
        break;
    }
  }

  /// What the report says first is what went wrong first.
  void expect_headline(const Json& summary, const Failure& failure) const {
    const std::string page = slurp(folder_ / "out/report.html");
    const std::size_t from = page.find("<p class=\"first\">"), to = page.find("</p>", from);
    ASSERT_NE(from, std::string::npos);
    const std::string first = page.substr(from, to - from);
    std::string expected = "<strong>" + failure.what + "</strong>: ";
    if (failure.what == "bug check") {
      expected = "<strong>" + summary["verifier"]["bugcheck"]["rule"].get<std::string>() + "</strong>: ";
    } else if (failure.what == "a failing step" || summary["stall"].is_object()) {
      expected = summary["failures"][0];
    }
    EXPECT_NE(first.find(expected), std::string::npos) << expected << " is not in " << first;
  }

  /// The waveform in `out` reaches over the cycle and shows there what failed.
  void expect_waveform(const std::string& out, const Json& summary, const Failure& failure) const {
    ASSERT_EQ(shell("fst2vcd " + out + "/trace.fst -o trace.vcd").status, 0);
    const RecordedWave wave(slurp(folder_ / "trace.vcd"));
    fs::remove(folder_ / "trace.vcd");
    const auto& clock = wave.changes("vcap.clk_i");
    ASSERT_FALSE(clock.empty());
    EXPECT_LE(clock.front().ps / kCyclePs, failure.cycle);
    EXPECT_GE(clock.back().ps / kCyclePs + 1, failure.cycle);
    if (const Json& bugcheck = summary["verifier"]["bugcheck"];
        bugcheck.is_object() && bugcheck["cycle"] == failure.cycle) {
      EXPECT_LE(clock.back().ps / kCyclePs, failure.cycle + 1) << "it ends there";
    } else if (!summary["checks"]["violations"].empty()) {
      const auto& violations = wave.changes("sw.check.violations");
      ASSERT_GE(violations.size(), 2u) << "a violation shows";
      EXPECT_EQ(violations.front().value, "0");
      EXPECT_LE(violations[1].ps / kCyclePs, failure.cycle + 1);
      EXPECT_GE(violations[1].ps / kCyclePs + 1, failure.cycle);
    }
    const std::string options = GetParam().options;
    if (options.find("@write") == std::string::npos && options.find("@read") == std::string::npos) return;
    bool answered = false;
    for (const char* response : {"vcap.m_axi_bresp", "vcap.m_axi_rresp"})
      for (const RecordedWave::Change& change : wave.changes(response)) answered |= change.value > "1";
    EXPECT_TRUE(answered) << "the bus error shows";
  }

  void expect_all() const {
    const PlantedFailure& planted = GetParam();
    const Ran recorded = run();
    ASSERT_EQ(recorded.status, 1) << recorded.out << recorded.err;
    const Json told = summary("out");
    const Failure failure = failure_of(told);
    const std::string cycle = std::to_string(failure.cycle);
    SCOPED_TRACE(std::string(planted.name) + ", " + failure.what + " at cycle " + cycle);
    RecordProperty("cycle", cycle);
    EXPECT_TRUE(names(told, planted.expected)) << planted.expected << " is not what it says: " << recorded.err;
    expect_when(told, failure.cycle);
    expect_headline(told, failure);

    const Json window = told["trace_window"];
    ASSERT_TRUE(window.is_object()) << recorded.err;
    EXPECT_EQ(window["failure_cycle"], failure.cycle);
    EXPECT_LE(window["from_cycle"], failure.cycle);
    EXPECT_GE(window["to_cycle"], failure.cycle);
    expect_waveform("out", told, failure);

    const std::uint64_t from = failure.cycle - std::min<std::uint64_t>(failure.cycle, 300);
    const Ran replayed = program("replay out --from " + std::to_string(from) + " --to " +
                                 std::to_string(failure.cycle + 300) + " --out again");
    EXPECT_EQ(replayed.status, recorded.status) << replayed.err;
    for (const char* words : {"departs", "ends otherwise"})
      EXPECT_EQ(replayed.err.find(words), std::string::npos) << replayed.err;
    const Json again = summary("again");
    EXPECT_EQ(failure_of(again).what, failure.what);
    if (failure.what != "a failing step") {
      EXPECT_EQ(failure_of(again).cycle, failure.cycle);
    }
    for (const char* key : {"cycles", "frames", "checks", "irps", "interrupts", "failures", "stall", "status"})
      EXPECT_EQ(told[key], again[key]) << key;
    EXPECT_TRUE(slurp(folder_ / "out/events.jsonl") == slurp(folder_ / "again/events.jsonl"));
    expect_waveform("again", again, failure);
  }
};

}  // namespace p2p::e2e
