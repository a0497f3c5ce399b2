// Random sequences of what applications do to the reference driver on the chip: every request completes once, nothing
// leaks, no bug check, no rule of a checker or of the scoreboard is broken. A seed is a sequence; each is played in a
// process of its own.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/driver_under_test.h"
#include "tests/ks/chip/sequence_run.h"

namespace p2p {
namespace {

constexpr unsigned kSeedsACase = 25, kSeeds = 1000;

/// What was wrong, from a child that plays the sequence.
std::string played(std::uint64_t seed, const char* driver) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    std::string all;
    for (const std::string& failure : play_sequence(random_sequence(seed), seed, driver)) all += "  " + failure + "\n";
    const ssize_t written = write(ends[1], all.data(), std::min<std::size_t>(all.size(), 4096));
    _exit(written >= 0 ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t bytes = 0; (bytes = read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(bytes));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) text += "  the process died of signal " + std::to_string(WTERMSIG(status)) + "\n";
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) text += "  the process ended with an error\n";
  return text;
}

std::string replay(std::uint64_t seed) {
  return "seed " + std::to_string(seed) + " (again: P2P_SEQUENCE_SEED=" + std::to_string(seed) +
         " test_ks_sequences --gtest_filter=Sequence.OneSeed): " + text_of(random_sequence(seed)) + "\n";
}

class Sequences : public testing::TestWithParam<unsigned> {};

TEST_P(Sequences, EverySeedIsPlayedWithoutFault) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeedsACase; ++seed) {
    const std::string wrong = played(seed, driver_under_test());
    EXPECT_EQ(wrong, "") << replay(seed);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Sequences, testing::Range(1u, kSeeds + 1, kSeedsACase),
                         [](const auto& value) { return "from_" + std::to_string(value.param); });

/// The seed in P2P_SEQUENCE_SEED, or 1.
TEST(Sequence, OneSeed) {
  const char* wanted = std::getenv("P2P_SEQUENCE_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1;
  EXPECT_EQ(played(seed, driver_under_test()), "") << replay(seed);
}

TEST(Sequence, ASeedIsASequence) {
  std::set<std::string> different;
  std::vector<unsigned> kinds(Step::kKinds);
  std::set<unsigned> depths;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::vector<Step> steps = random_sequence(seed);
    EXPECT_EQ(text_of(steps), text_of(random_sequence(seed)));
    EXPECT_EQ(steps.front().kind, Step::Kind::kOpen);
    different.insert(text_of(steps));
    for (const Step& step : steps) {
      ++kinds[static_cast<std::size_t>(step.kind)];
      if (step.kind == Step::Kind::kRead) depths.insert(step.a);
    }
  }
  EXPECT_GE(different.size(), kSeeds - 5);  // the shortest may agree
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) EXPECT_GE(kinds[kind], 50u) << "steps of kind " << kind;
  EXPECT_EQ(depths.size(), kMostRequests) << "every queue depth from 1 to 64 occurs";
}

/// What is wrong with `driver`, and which seed finds it, of the first `seeds`; empty: none does.
std::string first_finding(const char* driver, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::string wrong = played(seed, driver);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

TEST(BrokenDriver, OneThatForgetsAFlushIsFound) {
  const std::string found = first_finding(P2P_NO_FLUSH, 40);
  EXPECT_NE(found.find("not complete after KSRESET_BEGIN"), std::string::npos) << found;
}

TEST(BrokenDriver, OneThatKeepsItsOldFormatIsFound) {
  const std::string found = first_finding(P2P_OLD_FORMAT, 40);
  EXPECT_NE(found.find("STATUS_BUFFER_TOO_SMALL"), std::string::npos) << found;
}

}  // namespace
}  // namespace p2p
