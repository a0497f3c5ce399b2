// Drivers by name, from the folders where they are put.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

class DriverLookup : public Program {
 protected:
  /// The reference driver under a name that only `folder` has.
  void put(const std::string& folder) const {
    fs::create_directories(folder_ / folder);
    fs::copy_file(fs::path(P2P_DRIVERS) / "vcapdrv.so", folder_ / folder / "mine.so");
  }
  void expect_found(const std::string& environment) const {
    const Ran ran = shell(environment + " " P2P_PROGRAM " run --driver mine --size 64x48 --frames 2 --out out");
    expect_pass(ran, "out", 2);
    EXPECT_EQ(summary("out")["driver"], "mine");
  }
};

TEST_F(DriverLookup, FindsADriverOfTheCurrentBuildFolder) {
  put("lib/drivers");
  expect_found("");
}
TEST_F(DriverLookup, FindsADriverOfTheBuildFolderOfTheCurrentProject) {
  put("build/lib/drivers");
  expect_found("");
}
TEST_F(DriverLookup, FindsADriverInTheFoldersOfTheEnvironment) {
  put("somewhere");
  expect_found("PIN2PIN_DRIVER_PATH=/nonexistent:" + (folder_ / "somewhere").string());
}
TEST_F(DriverLookup, FindsADriverBesideTheInstalledProgram) {
  fs::create_directories(folder_ / "prefix/bin");
  fs::copy_file(P2P_PROGRAM, folder_ / "prefix/bin/pin2pin");
  put("prefix/lib/pin2pin/drivers");
  const Ran ran = shell("prefix/bin/pin2pin run --driver mine --size 64x48 --frames 2 --out out");
  expect_pass(ran, "out", 2);
}

}  // namespace
}  // namespace p2p::e2e
