// Cycles between events at the pins: the contract of docs/vcap.md.
#include <gtest/gtest.h>

#include "tests/rtl/limits.h"

namespace p2p::rtltest {
namespace {

constexpr uint64_t kRecordBeats = sizeof(VCAP_COMPLETION) / kBeatBytes;

TEST(Latency, DistancesAreAsDocumented) {
  const Distances distances = measure_distances();
  EXPECT_EQ(distances.doorbell_to_read, 2u) << "m_axi_arvalid";
  EXPECT_EQ(distances.response_to_record, 1u) << "m_axi_awvalid";
  EXPECT_EQ(distances.response_to_interrupt, 3 + kRecordBeats) << "intr_o";
  EXPECT_EQ(distances.record_to_interrupt, 1u) << "intr_o";
  EXPECT_EQ(distances.clear_to_low, 2u) << "intr_o";
}

// The record is ready however short the last burst of data is.
TEST(Latency, TheRecordWaitsForNothingButTheLastResponse) {
  for (uint32_t beats = 1; beats <= kMaxBurst; ++beats) {
    SCOPED_TRACE(testing::Message() << "a frame of " << beats << " beats");
    const Distances distances = measure_distances({.width = beats * kBeatBytes / 2, .height = 1});
    ASSERT_EQ(distances.last_burst_beats, beats);
    EXPECT_EQ(distances.response_to_record, 1u) << "m_axi_awvalid";
    EXPECT_EQ(distances.response_to_interrupt, 3 + kRecordBeats) << "intr_o";
  }
}

}  // namespace
}  // namespace p2p::rtltest
