// --fail-allocation: whichever allocation of a run is refused, nothing crashes, leaks or is lost, and somebody says so.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using LowResources = Program;

constexpr const char* kScenario = "--size 64x48 --frames 6 --no-capture ";

/// Every fourth allocation from the parameter on, so that ctest spreads them.
class EachAllocation : public Program, public testing::WithParamInterface<unsigned> {};

TEST_P(EachAllocation, MayFail) {
  expect_pass(pin2pin(kScenario), "out", 6);
  const unsigned made = summary("out")["allocations"]["made"];
  EXPECT_GT(made, 100u);
  unsigned told = 0;
  for (unsigned number = GetParam(); number <= made; number += 4) {
    SCOPED_TRACE(testing::Message() << "pin2pin run " << kScenario << "--fail-allocation " << number);
    const Ran ran = pin2pin(kScenario + std::string("--fail-allocation ") + std::to_string(number));
    const nlohmann::json s = summary("out");
    EXPECT_NE(slurp(folder_ / "out/events.jsonl").find("allocation.refused"), std::string::npos);
    EXPECT_EQ(s["irps"]["outstanding"], 0);
    EXPECT_EQ(s["allocations"]["pool_bytes_left"], 0);
    EXPECT_TRUE(s["verifier"]["bugcheck"].is_null()) << ran.err;
    EXPECT_EQ(s["frames"]["mismatched"], 0);
    EXPECT_TRUE(s["checks"]["violations"].empty()) << ran.err;
    if (ran.status == 0) {  // somebody could do without it
      expect_pass(ran, "out", 6);
      continue;
    }
    EXPECT_EQ(ran.status, 1) << ran.err;
    // The reason in words, from the first line on; 0xC0000017 is STATUS_NO_MEMORY.
    const std::string first = ran.err.substr(0, ran.err.find('\n'));
    bool names = false;
    for (const char* reason : {"STATUS_INSUFFICIENT_RESOURCES", "ERROR_NO_SYSTEM_RESOURCES", "STATUS_NO_MEMORY",
                               "ERROR_NOT_ENOUGH_MEMORY", "E_OUTOFMEMORY"}) {
      names = names || first.find(reason) != std::string::npos;
    }
    EXPECT_TRUE(names) << first;
    ++told;
  }
  EXPECT_GT(told, 10u);
}
INSTANTIATE_TEST_SUITE_P(From, EachAllocation, testing::Values(1u, 2u, 3u, 4u),
                         [](const auto& value) { return std::to_string(value.param); });

TEST_F(LowResources, AnAllocationBeyondTheLastChangesNothing) {
  expect_pass(pin2pin(std::string(kScenario) + "--out plain"), "plain", 6);
  const Ran asked = pin2pin(std::string(kScenario) + "--fail-allocation 1000000 --out asked");
  expect_pass(asked, "asked", 6);
  const std::string note =
      "--fail-allocation 1000000 has refused none: the run made " + summary("asked")["allocations"]["made"].dump();
  EXPECT_EQ(summary("asked")["notes"], nlohmann::json::array({note}));
  EXPECT_NE(asked.err.find("pin2pin: " + note + "\n"), std::string::npos) << asked.err;
  EXPECT_NE(slurp(folder_ / "asked/report.html").find(note), std::string::npos);
  EXPECT_TRUE(slurp(folder_ / "plain/events.jsonl") == slurp(folder_ / "asked/events.jsonl"));
}

}  // namespace
}  // namespace p2p::e2e
