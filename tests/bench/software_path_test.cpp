// bench_software_path: every frame goes the whole way in software, and what comes out is a figure.
#include <gtest/gtest.h>

#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

class SoftwarePath : public Program {
 protected:
  Ran bench(const std::string& arguments) const { return shell(std::string(P2P_SOFTWARE_PATH) + " " + arguments); }
};

TEST_F(SoftwarePath, DeliversItsFramesAndSaysHowFast) {
  const Ran ran = bench(P2P_VCAPDRV " --frames 40");
  ASSERT_EQ(ran.status, 0) << ran.err;
  const nlohmann::json line = nlohmann::json::parse(ran.out);
  EXPECT_EQ(line["frames"], 40);
  EXPECT_EQ(line["size"], "640x480");
  EXPECT_GT(line["cpu_s"].get<double>(), 0);
  const double rate = 40 / line["cpu_s"].get<double>();
  EXPECT_NEAR(line["software_frames_per_s"].get<double>(), rate, rate / 100);
}

TEST_F(SoftwarePath, BadInputIsRefusedInALine) {
  for (const char* arguments : {"", P2P_VCAPDRV " --frames 0", P2P_VCAPDRV " --frames x", P2P_VCAPDRV " --rate 4"}) {
    const Ran ran = bench(arguments);
    EXPECT_EQ(ran.status, 2) << arguments;
    EXPECT_EQ(ran.err, "bench_software_path: expected DRIVER [--frames N], N from 1\n");
  }
  const Ran missing = bench("no.so");
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.error_lines(), 1u);
  EXPECT_NE(missing.err.find("no.so"), std::string::npos) << missing.err;
}

}  // namespace
}  // namespace p2p::e2e
