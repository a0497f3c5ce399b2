// A bug check looks like one: code, place in the driver's source, CPU, IRQL, cycle.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using BugCheck = Program;

TEST_F(BugCheck, NamesTheDriversOwnLines) {
  const Ran ran = pin2pin("--size 32x16 --frames 1 --driver e2e_recursive_lock --out out");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.err.rfind("pin2pin: bug check 0x", 0), 0u) << ran.err;
  const nlohmann::json bugcheck = summary("out")["verifier"]["bugcheck"];
  ASSERT_TRUE(bugcheck.is_object());
  EXPECT_EQ(bugcheck["irql"], 2) << "DISPATCH_LEVEL";
  std::vector<std::string> driver;
  for (const auto& frame : bugcheck["stack"]) {
    if (frame["driver"].get<bool>()) {
      driver.push_back(frame["function"].get<std::string>() + " " +
                       fs::path(frame["location"].get<std::string>()).filename().string());
    }
  }
  ASSERT_EQ(driver.size(), 2u) << bugcheck.dump(1);
  EXPECT_NE(driver[0].find("BrokenCount"), std::string::npos) << driver[0];
  EXPECT_NE(driver[0].find("recursive_lock.cpp:8"), std::string::npos) << driver[0];
  EXPECT_NE(driver[1].find("DriverEntry recursive_lock.cpp:20"), std::string::npos) << driver[1];
  EXPECT_NE(ran.err.find("recursive_lock.cpp:8"), std::string::npos) << ran.err;
  EXPECT_NE(slurp(folder_ / "out/report.html").find("recursive_lock.cpp:8"), std::string::npos);
}

}  // namespace
}  // namespace p2p::e2e
