// `--coverage`: what a run was seen to do, in summary, report and files that merge.
#include "tests/e2e/program.h"

#include <set>

namespace p2p::e2e {
namespace {

using Coverage = Program;

TEST_F(Coverage, BinsAreInSummaryReportAndFilesThatMerge) {
  expect_pass(pin2pin("--size 16x4 --frames 6 --coverage --out a"), "a", 6);
  const nlohmann::json coverage = summary("a")["coverage"];
  EXPECT_GT(coverage["covered"], 100);
  EXPECT_GT(coverage["possible"], coverage["covered"]);
  std::size_t covered = 0, possible = 0, missing = 0;
  std::set<std::string> subjects;
  for (const auto& cross : coverage["crosses"]) {
    subjects.insert(cross["subject"]);
    covered += cross["covered"].get<std::size_t>();
    possible += cross["possible"].get<std::size_t>();
    missing += cross["missing"].size();
    if (cross["name"] == "pin state") {
      EXPECT_EQ(cross["covered"], 6) << "STOP to RUN and back, step by step";
    }
  }
  EXPECT_EQ(subjects, (std::set<std::string>{"chip", "driver"}));
  EXPECT_EQ(covered, coverage["covered"]);
  EXPECT_EQ(possible, coverage["possible"]);
  EXPECT_EQ(covered + missing, possible);
  EXPECT_NE(slurp(folder_ / "a/report.html").find("Functional coverage"), std::string::npos);

  ASSERT_EQ(pin2pin("--size 16x4 --frames 6 --coverage --inject slverr@write:3 --out b").status, 1);
  ASSERT_EQ(
      shell("mkdir all && for r in a b; do for f in $r/*.bins; do cp $f all/$r.$(basename $f); done; done").status, 0);
  const Ran merged = shell("python3 " P2P_ROOT "/scripts/coverage.py --bins-only all --json all.json");
  ASSERT_EQ(merged.status, 0) << merged.out << merged.err;
  const nlohmann::json sum = nlohmann::json::parse(slurp(folder_ / "all.json"))["limits"]["bins"];
  EXPECT_EQ(sum["total"], possible);
  EXPECT_GT(sum["covered"], covered) << "the second run halts the chip, the first does not";
}

TEST_F(Coverage, NothingIsCountedUnasked) {
  expect_pass(pin2pin("--size 16x4 --frames 2 --out out"), "out", 2);
  EXPECT_EQ(summary("out")["coverage"], nullptr);
  EXPECT_FALSE(fs::exists(folder_ / "out/driver.bins"));
  EXPECT_EQ(slurp(folder_ / "out/report.html").find("Functional coverage"), std::string::npos);
}

TEST_F(Coverage, TheSameRunCountsTheSame) {
  for (const char* out : {"a", "b"}) {
    expect_pass(pin2pin(std::string("--size 16x4 --frames 4 --schedule random --seed 3 --coverage --out ") + out), out,
                4);
  }
  for (const char* file : {"driver.bins", "chip.bins"})
    EXPECT_EQ(slurp(folder_ / "a" / file), slurp(folder_ / "b" / file)) << file;
}

TEST_F(Coverage, CountsOfTheChipNeedItsModel) {
  expect_refused(pin2pin("--coverage --no-model --out out"), "--coverage");
  expect_refused(pin2pin("--coverage --checkers off --out out"), "--coverage");
  expect_refused(pin2pin("--coverage --record-stimulus s.bin --out out"), "--coverage");
}

}  // namespace
}  // namespace p2p::e2e
