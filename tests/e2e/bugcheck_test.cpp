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

TEST_F(BugCheck, TellsTheHistoryOfItsIrp) {
  const Ran ran = pin2pin("--size 32x16 --frames 1 --driver e2e_double_completion --out out");
  EXPECT_EQ(ran.status, 1);
  const nlohmann::json bugcheck = summary("out")["verifier"]["bugcheck"];
  ASSERT_TRUE(bugcheck.is_object()) << ran.err;
  EXPECT_EQ(bugcheck["code"], 0x44);
  ASSERT_FALSE(bugcheck["irp"].is_null());
  std::vector<std::string> events;
  for (const auto& event : bugcheck["irp_history"]) events.push_back(event["event"]);
  const std::vector<std::string> first = {"ntos irp.create",   "ntos irp.call",    "ntos irp.call",
                                          "ntos irp.complete", "ntos irp.routine", "ntos irp.complete"};
  ASSERT_GE(events.size(), first.size());
  EXPECT_TRUE(std::equal(first.begin(), first.end(), events.begin())) << bugcheck.dump(1);
  EXPECT_EQ(events.back(), "ntos irp.free") << bugcheck.dump(1);
  EXPECT_NE(slurp(folder_ / "out/report.html").find("<h3>IRP "), std::string::npos);
}

TEST_F(BugCheck, OfALockOrderShowsBothPlaces) {
  const Ran ran = pin2pin("--size 32x16 --frames 1 --driver e2e_lock_order --out out");
  EXPECT_EQ(ran.status, 1);
  const nlohmann::json bugcheck = summary("out")["verifier"]["bugcheck"];
  ASSERT_TRUE(bugcheck.is_object()) << ran.err;
  EXPECT_EQ(bugcheck["code"], 0xC4);
  EXPECT_EQ(bugcheck["parameters"][0], 0x1001);
  EXPECT_NE(bugcheck["stack"].dump().find("BrokenBackward"), std::string::npos) << bugcheck.dump(1);
  EXPECT_NE(bugcheck["contrary_stack"].dump().find("BrokenForward"), std::string::npos) << bugcheck.dump(1);
  for (const char* place : {"BrokenBackward", "the other way round", "BrokenForward"})
    EXPECT_NE(ran.err.find(place), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace p2p::e2e
