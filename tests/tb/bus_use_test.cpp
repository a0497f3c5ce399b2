// Beats over time: every beat in the span of its cycle, however long the run becomes.
#include "tb/bus_use.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace p2p::tb {
namespace {

TEST(BusUse, CountsEachBeatInItsSpan) {
  BusUse use;
  use.cycle(0, 1, 0);
  use.cycle(15, 1, 1);
  use.cycle(16, 0, 1);
  use.cycle(40, 1, 0);
  const BusUseResult result = use.result(50);
  EXPECT_EQ(result.span_cycles, 16u);
  ASSERT_EQ(result.spans.size(), 4u) << "50 cycles";
  const unsigned written[] = {2, 0, 1, 0}, read[] = {1, 1, 0, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(result.spans[i].written, written[i]) << i;
    EXPECT_EQ(result.spans[i].read, read[i]) << i;
  }
}

TEST(BusUse, StaysBoundedAndLosesNothing) {
  BusUse use;
  constexpr std::uint64_t kCycles = 1'000'000;
  for (std::uint64_t cycle = 0; cycle < kCycles; ++cycle) {
    if (cycle % 3 == 0) use.cycle(cycle, 1, cycle % 2 == 0 ? 1 : 0);
  }
  const BusUseResult result = use.result(kCycles);
  EXPECT_EQ(result.span_cycles, 2048u);
  ASSERT_EQ(result.spans.size(), (kCycles + 2047) / 2048);
  for (std::size_t i = 0; i < result.spans.size(); ++i) {
    const std::uint64_t from = i * 2048, to = std::min<std::uint64_t>(from + 2048, kCycles);
    EXPECT_EQ(result.spans[i].written, (to + 2) / 3 - (from + 2) / 3) << i;
    EXPECT_EQ(result.spans[i].read, (to + 5) / 6 - (from + 5) / 6) << i;
  }
}

TEST(BusUse, ASilentEndIsPartOfTheRun) {
  BusUse use;
  use.cycle(3, 1, 0);
  const BusUseResult result = use.result(16 * 512 + 1);
  EXPECT_EQ(result.span_cycles, 32u);
  EXPECT_EQ(result.spans.size(), 257u);
  EXPECT_EQ(result.spans[0].written, 1u);
  EXPECT_TRUE(BusUse().result(0).spans.empty());
}

}  // namespace
}  // namespace p2p::tb
