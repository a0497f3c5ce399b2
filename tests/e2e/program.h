// Runs the program as a user does, in a scratch folder of the test's own.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace p2p::e2e {

namespace fs = std::filesystem;

inline std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Ran {
  int status = -1;
  std::string out, err;
  std::size_t error_lines() const {
    std::size_t lines = 0;
    for (const char c : err) lines += c == '\n' ? 1u : 0u;
    return lines;
  }
};

class Program : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(P2P_SCRATCH) / (std::string(info->test_suite_name()) + "." + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override {
    if (!HasFailure()) fs::remove_all(folder_);
  }

  Ran shell(const std::string& command) const {
    const std::string line = "cd '" + folder_.string() + "' && " + command + " >stdout.txt 2>stderr.txt";
    const int status = std::system(line.c_str());
    Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : -1, slurp(folder_ / "stdout.txt"), slurp(folder_ / "stderr.txt")};
    fs::remove(folder_ / "stdout.txt");
    fs::remove(folder_ / "stderr.txt");
    return ran;
  }
  Ran pin2pin(const std::string& arguments) const { return shell(std::string(P2P_PROGRAM) + " run " + arguments); }
  nlohmann::json summary(const std::string& out) const {
    return nlohmann::json::parse(slurp(folder_ / out / "summary.json"));
  }
  /// --config of a run whose driver gets messages instead of the line, as its INF would ask for them.
  std::string with_messages() const {
    std::ofstream(folder_ / "msi.toml")
        << "[registry.device.'Interrupt Management'.MessageSignaledInterruptProperties]\nMSISupported = 1\n";
    return " --config msi.toml ";
  }
  /// The capture decoded by ffmpeg to YUY2 bytes.
  std::string decoded(const std::string& out) const {
    const Ran ran = shell("ffmpeg -v error -i " + out + "/capture.mkv -f rawvideo -pix_fmt yuyv422 -y decoded.raw");
    EXPECT_EQ(ran.status, 0) << ran.err;
    std::string bytes = slurp(folder_ / "decoded.raw");
    fs::remove(folder_ / "decoded.raw");
    return bytes;
  }
  /// Whole pass: exit 0, every frame delivered, nothing outstanding.
  void expect_pass(const Ran& ran, const std::string& out, unsigned frames) const {
    ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
    const nlohmann::json s = summary(out);
    EXPECT_EQ(s["status"], "pass");
    EXPECT_EQ(s["frames"]["sent"], frames);
    EXPECT_EQ(s["frames"]["delivered"], frames);
    EXPECT_EQ(s["frames"]["dropped"], 0);
    EXPECT_EQ(s["frames"]["mismatched"], 0);
    EXPECT_EQ(s["irps"]["outstanding"], 0);
    EXPECT_TRUE(s["checks"]["violations"].empty());
  }
  void expect_refused(const Ran& ran, const std::string& names) const {
    EXPECT_EQ(ran.status, 2) << ran.out << ran.err;
    EXPECT_EQ(ran.error_lines(), 1u) << ran.err;
    EXPECT_NE(ran.err.find(names), std::string::npos) << ran.err;
    EXPECT_TRUE(ran.out.empty()) << ran.out;
    EXPECT_FALSE(fs::exists(folder_ / "out")) << "something was left behind";
    for (const auto& entry : fs::directory_iterator(folder_)) {
      EXPECT_EQ(entry.path().filename().string().find("partial"), std::string::npos) << entry.path();
    }
  }

  fs::path folder_;
};

}  // namespace p2p::e2e
