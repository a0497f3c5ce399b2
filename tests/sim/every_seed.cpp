#include "tests/sim/every_seed.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace p2p::test {
namespace {
constexpr unsigned kLimitSeconds = 120;  // of one case

std::vector<std::string> cases() {
  std::vector<std::string> names;
  const auto& unit = *testing::UnitTest::GetInstance();
  for (int i = 0; i < unit.total_test_suite_count(); ++i) {
    const auto& suite = *unit.GetTestSuite(i);
    for (int k = 0; k < suite.total_test_count(); ++k)
      names.push_back(std::string(suite.name()) + '.' + suite.GetTestInfo(k)->name());
  }
  std::erase_if(names, [](const std::string& name) { return name.find("DISABLED_") != std::string::npos; });
  return names;
}

[[noreturn]] void be_the_case(const std::string& name, unsigned seed, int output, const std::function<int()>& run) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  setenv("P2P_SCHEDULE_SEED", std::to_string(seed).c_str(), 1);
  alarm(kLimitSeconds);
  testing::GTEST_FLAG(filter) = name;
  std::exit(run());
}

void print(int output) {
  lseek(output, 0, SEEK_SET);
  std::array<char, 4096> part;
  for (ssize_t got = 0; (got = read(output, part.data(), part.size())) > 0;)
    std::fwrite(part.data(), 1, static_cast<std::size_t>(got), stdout);
}

bool passes(const std::string& name, unsigned seed, const std::function<int()>& run) {
  const int output = memfd_create("output", 0);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) be_the_case(name, seed, output, run);
  int status = -1;
  const bool passed = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!passed) {
    print(output);
    std::printf("FAILED: P2P_SCHEDULE_SEED=%u --gtest_filter=%s (wait status 0x%x)\n", seed, name.c_str(),
                static_cast<unsigned>(status));
  }
  close(output);
  return passed;
}
}  // namespace

bool wants_every_seed() { return std::getenv("P2P_SCHEDULE_SEEDS") != nullptr; }

int run_every_seed(const std::function<int()>& run) {
  unsigned first = 0;
  unsigned last = 0;
  const char* range = std::getenv("P2P_SCHEDULE_SEEDS");
  if (range == nullptr || std::sscanf(range, "%u-%u", &first, &last) != 2 || first > last) {
    std::fprintf(stderr, "P2P_SCHEDULE_SEEDS=%s: expected FIRST-LAST\n", range == nullptr ? "" : range);
    return 2;
  }
  unsigned failed = 0;
  const std::vector<std::string> names = cases();
  for (const std::string& name : names)
    for (unsigned seed = first; seed <= last; ++seed) failed += passes(name, seed, run) ? 0u : 1u;
  std::printf("%zu cases under %u seeds each: %u failed\n", names.size(), last - first + 1, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace p2p::test
