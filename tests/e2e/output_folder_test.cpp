// --out: the folder that is named gets the results, and stays what it was.
#include <sys/stat.h>

#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

constexpr const char* kRun = P2P_PROGRAM " run --size 64x48 --frames 1 --out ";

class OutFolder : public Program {
 protected:
  static ino_t number_of(const fs::path& path) {
    struct stat state {};
    EXPECT_EQ(stat(path.c_str(), &state), 0) << path;
    return state.st_ino;
  }
  void expect_nothing_beside() const { EXPECT_NE(shell("ls -d *.partial-*").status, 0) << "something was left behind"; }
};

TEST_F(OutFolder, ThatIsThereIsFilled) {
  fs::create_directories(folder_ / "out");
  const ino_t before = number_of(folder_ / "out");
  for (int i = 0; i < 2; ++i) {
    expect_pass(shell(std::string("(cd out && ") + kRun + ". --perfetto)"), "out", 1);
    EXPECT_TRUE(fs::exists(folder_ / "out/trace.perfetto.json"));
  }
  expect_pass(shell(std::string(kRun) + "out"), "out", 1);
  EXPECT_FALSE(fs::exists(folder_ / "out/trace.perfetto.json")) << "of the run before";
  EXPECT_EQ(number_of(folder_ / "out"), before);
  expect_nothing_beside();
}

TEST_F(OutFolder, BehindALinkIsFilled) {
  fs::create_directories(folder_ / "disk/results");
  fs::create_directory_symlink("disk/results", folder_ / "out");
  expect_pass(shell(std::string(kRun) + "out"), "out", 1);
  EXPECT_TRUE(fs::is_symlink(folder_ / "out"));
  EXPECT_TRUE(fs::exists(folder_ / "disk/results/report.html"));
  expect_nothing_beside();
}

class OutVolume : public OutFolder {
 protected:
  /// Commands where `mounts` are made and seen by nobody else. Skips the test where that is not allowed.
  Ran among(const std::string& mounts, const std::string& commands) const {
    const std::string alone = " sh -c '" + mounts + "'", all = " sh -c '" + mounts + " && " + commands + "'";
    for (const std::string way : {"unshare -m", "unshare -rm"}) {
      if (shell(way + alone).status == 0) return shell(way + all);
    }
    return {};
  }
};

/// As where a container has its results put on a volume.
TEST_F(OutVolume, IsFilled) {
  fs::create_directories(folder_ / "out");
  const Ran ran = among("mount -t tmpfs none out", std::string(kRun) + "out && " + kRun + "out && ls out");
  if (ran.status == -1) GTEST_SKIP() << "nothing may be mounted here";
  ASSERT_EQ(ran.status, 0) << ran.err;
  for (const char* file : {"summary.json", "report.html", "capture.mkv", "run.json"})
    EXPECT_NE(ran.out.find(std::string(file) + "\n"), std::string::npos) << ran.out;
  expect_nothing_beside();
}

TEST_F(OutVolume, IsNoUseWhereNothingCanBeWrittenBesideIt) {
  fs::create_directories(folder_ / "parent/out");
  const Ran ran =
      among("mount --bind parent parent && mount -o remount,ro,bind parent && mount -t tmpfs none parent/out",
            std::string(kRun) + "parent/out");
  if (ran.status == -1) GTEST_SKIP() << "nothing may be mounted here";
  EXPECT_EQ(ran.status, 2) << ran.out;
  EXPECT_NE(ran.err.find("parent/out: cannot be used: Read-only file system: "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(", where results are first written\n"), std::string::npos) << ran.err;
}

TEST_F(OutFolder, ALinkToWhatIsNotThereYetLeadsToTheResults) {
  fs::create_directory_symlink("later", folder_ / "link");
  fs::create_directory_symlink("link", folder_ / "link to link");
  expect_pass(pin2pin("--size 64x48 --frames 1 --out 'link to link'"), "later", 1);
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  fs::create_directory_symlink("circle", folder_ / "circle");
  const Ran ran = pin2pin("--size 64x48 --frames 1 --out circle");
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.error_lines(), 1u) << ran.err;
  EXPECT_EQ(ran.out, "") << "before anything has run";
}

}  // namespace
}  // namespace p2p::e2e
