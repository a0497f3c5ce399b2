// --schedule random: whatever the seed makes of delays, threads and processors, the reference driver delivers, and the
// Verifier has nothing to say: 1,000 seeds.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

using Schedule = Program;

constexpr unsigned kSeedsACase = 50;

class RandomSchedule : public Program, public testing::WithParamInterface<unsigned> {};

TEST_P(RandomSchedule, EverySeedPasses) {
  std::string first;
  unsigned different = 0;
  for (unsigned seed = GetParam(); seed < GetParam() + kSeedsACase; ++seed) {
    SCOPED_TRACE(testing::Message() << "pin2pin run --size 64x48 --frames 6 --schedule random --seed " << seed);
    expect_pass(pin2pin("--size 64x48 --frames 6 --no-capture --schedule random --seed " + std::to_string(seed)), "out",
                6);
    const std::string events = slurp(folder_ / "out/events.jsonl");
    if (first.empty()) first = events;
    different += events != first ? 1u : 0u;
  }
  EXPECT_EQ(different, kSeedsACase - 1);
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomSchedule, testing::Range(1u, 1001u, kSeedsACase),
                         [](const auto& value) { return "from_" + std::to_string(value.param); });

TEST_F(Schedule, ASeedReplaysByteForByte) {
  for (const char* out : {"a", "b"})
    expect_pass(pin2pin(std::string("--size 64x48 --frames 6 --schedule random --seed 9 --out ") + out), out, 6);
  EXPECT_TRUE(slurp(folder_ / "a/events.jsonl") == slurp(folder_ / "b/events.jsonl"));
  EXPECT_EQ(summary("a")["schedule"], "random");
}

TEST_F(Schedule, AnotherWordIsRefused) {
  expect_refused(pin2pin("--schedule lottery --out out"), "--schedule lottery: expected fifo or random");
}

}  // namespace
}  // namespace p2p::e2e
